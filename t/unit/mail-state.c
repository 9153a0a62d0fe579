/*
 * The decisions about a message on its way: back-off, giving up, doubt, bounces, who may be mailed.
 */
#include "mail/outbox.h"

#include <string.h>

static jp_config *
config(const char *more)
{
	g_autofree char *text = g_strconcat("mail:\n"
					    "  retry_min: 15m\n"
					    "  retry_max: 4h\n"
					    "  give_up: 4d\n",
	    more, NULL);
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	jp_config_parse(&conf, text, strlen(text), "test", "/", &error);
	g_assert_no_error(error);
	return conf;
}

static void
test_gap(void)
{
	g_autoptr(jp_config) conf = config("");
	const gint64 minutes[] = {15, 30, 60, 120, 240, 240, 240};

	for (guint i = 0; i < G_N_ELEMENTS(minutes); i++)
		g_assert_cmpint(jp_outbox_gap(conf, i + 1), ==, minutes[i] * JP_MINUTE);
	g_assert_cmpint(jp_outbox_gap(conf, 4000000000u), ==, 4 * JP_HOUR);
	conf->mail.retry_min = 7 * JP_HOUR;
	g_assert_cmpint(jp_outbox_gap(conf, 1), ==, 4 * JP_HOUR);
}

static void
test_decide(void)
{
	g_autoptr(jp_config) conf = config("");
	const gint64 now = 1000 * JP_DAY;
	jp_outbox_step s;

	s = jp_outbox_decide(conf, JP_TRANSPORT_SENT, 3, now - JP_DAY, now);
	g_assert_cmpstr(s.state, ==, "sent");
	g_assert_cmpstr(s.word, ==, "sent");
	s = jp_outbox_decide(conf, JP_TRANSPORT_FAILED, 1, now, now);
	g_assert_cmpstr(s.state, ==, "failed");
	s = jp_outbox_decide(conf, JP_TRANSPORT_RETRY, 2, now - JP_HOUR, now);
	g_assert_cmpstr(s.state, ==, "composed");
	g_assert_cmpstr(s.word, ==, "retry");
	g_assert_cmpint(s.next_try_at, ==, now + 30 * JP_MINUTE);
	s = jp_outbox_decide(conf, JP_TRANSPORT_NOT_TRIED, 2, now, now);
	g_assert_cmpstr(s.state, ==, "composed");
	g_assert_null(s.word);
	g_assert_cmpuint(s.attempts, ==, 1);
	g_assert_cmpint(s.next_try_at, ==, now);
}

/* S01: four days after it was composed, and not one try later. */
static void
test_give_up(void)
{
	g_autoptr(jp_config) conf = config("");
	gint64 now = 1000 * JP_DAY;
	const gint64 composed_at = now;
	guint attempts = 0;
	jp_outbox_step s;

	do {
		s = jp_outbox_decide(conf, JP_TRANSPORT_RETRY, ++attempts, composed_at, now);
		g_assert_cmpint(s.next_try_at, <=, composed_at + 4 * JP_DAY);
		now = s.next_try_at;
	} while (strcmp(s.state, "composed") == 0);
	g_assert_cmpstr(s.state, ==, "failed");
	g_assert_cmpuint(attempts, >, 20);
	g_assert_cmpuint(attempts, <, 40);
}

static void
test_doubt(void)
{
	g_autoptr(jp_config) hold = config("");
	g_autoptr(jp_config) resend = config("  held: resend\n");
	jp_outbox_step s;

	s = jp_outbox_decide(hold, JP_TRANSPORT_UNKNOWN, 1, 0, 0);
	g_assert_cmpstr(s.state, ==, "held");
	g_assert_cmpstr(s.word, ==, "held");
	s = jp_outbox_decide(resend, JP_TRANSPORT_UNKNOWN, 1, 0, 0);
	g_assert_cmpstr(s.state, ==, "composed");
}

/* Promise 2: only a transport that finds what it delivered goes on by itself. */
static void
test_recover(void)
{
	static const struct {
		const char *conf, *transport, *state;
	} cases[] = {
	    {"  transport: maildir\n", "maildir", "composed"},
	    {"  transport: mbox\n", "mbox", "composed"},
	    {"  transport: sendmail\n", "sendmail", "held"},
	    {"  transport: smtp\n", "smtp", "held"},
	    {"  transport: maildir\n", "smtp", "held"},
	    {"  transport: maildir\n", "mbox", "held"},
	    {"  transport: smtp\n", "maildir", "held"},
	    {"  transport: maildir\n", NULL, "held"},
	    {"  transport: smtp\n  held: resend\n", "smtp", "composed"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_config) conf = config(cases[i].conf);

		g_assert_cmpstr(jp_outbox_recover(conf, cases[i].transport), ==, cases[i].state);
	}
}

static void
test_bounce(void)
{
	static const struct {
		int code;
		const char *reply;
		jp_bounce bounce;
	} cases[] = {
	    {550, "550 5.1.1 unknown", JP_BOUNCE_STOP},
	    {550, "550 5.1.10 null MX", JP_BOUNCE_STOP},
	    {550, "550 5.2.1 disabled", JP_BOUNCE_STOP},
	    {552, "552 5.2.2 full", JP_BOUNCE_HARD},
	    {550, "550 5.1.2 no such host", JP_BOUNCE_HARD},
	    {550, "550 5.7.1 policy", JP_BOUNCE_NONE},
	    {550, "550 unknown", JP_BOUNCE_HARD},
	    {450, "450 4.2.0 busy", JP_BOUNCE_SOFT},
	    {450, "450 busy", JP_BOUNCE_SOFT},
	    {250, "250 2.0.0 fine", JP_BOUNCE_NONE},
	    {0, "not a reply", JP_BOUNCE_NONE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
		    jp_outbox_bounce(cases[i].code, cases[i].reply), ==, cases[i].bounce);
}

static void
test_refusal(void)
{
	static const char *const others[] = {"pending", "paused", "unsubscribed", "bounced", "new"};

	g_assert_null(jp_outbox_refusal("active", FALSE));
	g_assert_nonnull(jp_outbox_refusal("active", TRUE));
	g_assert_nonnull(jp_outbox_refusal(NULL, FALSE));
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_nonnull(jp_outbox_refusal(others[i], FALSE));
}

static void
test_reply(void)
{
	static const struct {
		const char *reply, *kept;
	} cases[] = {
	    {"550 5.1.1 <ann@r.example>: no such user", "550 5.1.1 <the recipient>: no such user"},
	    {"550 ANN@R.example\r\n550 ann@r.example", "550 the recipient 550 the recipient"},
	    {"250 ok\x1b[31m", "250 ok[31m"},
	    {"", ""},
	};
	g_autoptr(GString) big = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *kept = jp_outbox_reply(cases[i].reply, "ann@r.example");

		g_assert_cmpstr(kept, ==, cases[i].kept);
	}
	while (big->len < 10000)
		g_string_append(big, "ann@r.example ");
	g_autofree char *kept = jp_outbox_reply(big->str, "ann@r.example");
	g_assert_cmpuint(strlen(kept), <=, 310);
	g_assert_null(strstr(kept, "ann"));
}

static void
test_check_config(void)
{
	static const struct {
		const char *conf;
		gboolean ok;
	} cases[] = {
	    {"  transport: maildir\n", TRUE},
	    {"  transport: mbox\n", TRUE},
	    {"  transport: smtp\n", FALSE},
	    {"  transport: smtp\n  from: a@b.example\n", FALSE},
	    {"  transport: smtp\n  from: a@b.example\nsite:\n  url: https://b.example\n", FALSE},
	    {"  transport: smtp\n  from: a@b.example\nsite:\n  contact: c@b.example\n", FALSE},
	    {"  transport: smtp\nsite:\n  url: https://b.example\n  contact: c@b.example\n", FALSE},
	    {"  transport: smtp\n  from: a@b.example\nsite:\n  url: http://b.example\n"
	     "  contact: c@b.example\n",
		FALSE},
	    {"  transport: smtp\n  from: a@b.example\nsite:\n  url: https://b.example\n"
	     "  contact: c@b.example\n",
		TRUE},
	    {"  transport: sendmail\n  from: a@b.example\n", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_config) conf = config(cases[i].conf);
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(jp_mail_check_config(conf, &error), ==, cases[i].ok);
		if (!cases[i].ok)
			g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/state/S01 gaps grow", test_gap);
	g_test_add_func("/mail/state/what follows a try", test_decide);
	g_test_add_func("/mail/state/S01 gives up", test_give_up);
	g_test_add_func("/mail/state/S04 doubt", test_doubt);
	g_test_add_func("/mail/state/a worker that is gone", test_recover);
	g_test_add_func("/mail/state/B04 B07 bounces", test_bounce);
	g_test_add_func("/mail/state/who may be mailed", test_refusal);
	g_test_add_func("/mail/state/G05 replies hold no address", test_reply);
	g_test_add_func("/mail/state/what sending needs", test_check_config);
	return g_test_run();
}
