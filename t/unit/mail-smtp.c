/*
 * SMTP against a scripted server: what is sent, over how many connections, and what each way in
 * which a dialogue can end means for the message (S01-S05).
 */
#include "mail/transport.h"
#include "smtpd.h"

typedef struct seen {
	guint n;
	jp_transport_outcome outcome[64];
	int code[64];
	char *reply[64];
} seen;

static void
on_done(const jp_transport_item *item, const jp_transport_result *result, gpointer data)
{
	seen *s = data;
	gint64 i = item->message;

	g_assert_cmpint(i, <, 64);
	g_assert_null(s->reply[i]);
	s->outcome[i] = result->outcome;
	s->code[i] = result->code;
	s->reply[i] = g_strdup(result->reply);
	s->n++;
}

static void
seen_clear(seen *s)
{
	for (guint i = 0; i < 64; i++)
		g_free(s->reply[i]);
	*s = (seen){0};
}

static jp_config *
config(const smtpd *d, const char *more)
{
	g_autofree char *text = g_strdup_printf("mail:\n"
						"  transport: smtp\n"
						"  from: jobs@site.example\n"
						"  smtp:\n"
						"    host: 127.0.0.1\n"
						"    port: %d\n"
						"    timeout: 30s\n"
						"    connections: 1\n"
						"%s",
	    d->port, more);
	g_autoptr(GError) error = NULL;
	jp_config *conf = NULL;

	jp_config_parse(&conf, text, strlen(text), "test", "/", &error);
	g_assert_no_error(error);
	return conf;
}

static jp_transport *
open_transport(const jp_config *conf)
{
	g_autoptr(GError) error = NULL;
	jp_transport *t = jp_transport_open(conf, &error);

	g_assert_no_error(error);
	return t;
}

static const char body[] = "Subject: hello\r\n\r\nfirst\r\n.dot\r\n..two\r\nlast\r\n";

static jp_transport_item
item_to(gint64 message, const char *to)
{
	return (jp_transport_item){.message = message,
	    .message_id = "x@site.example",
	    .from = "bounce+token@site.example",
	    .to = to,
	    .bytes = body,
	    .len = sizeof(body) - 1};
}

/* Sends one message to each address with a transport of its own. */
static void
send_to(const jp_config *conf, seen *s, const char *const *to, guint n)
{
	g_autoptr(jp_transport) t = open_transport(conf);
	jp_transport_item items[64];

	for (guint i = 0; i < n; i++)
		items[i] = item_to(i, to[i]);
	t->send(t, items, n, on_done, s);
	g_assert_cmpuint(s->n, ==, n);
}

static void
test_sent(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {"ann@readers.example"};

	smtpd_start(&d, NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 1);
	g_autofree char *text = smtpd_taken(&d, 1, "eml");
	g_autofree char *envelope = smtpd_taken(&d, 1, "env");

	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(s.code[0], ==, 250);
	g_assert_cmpstr(s.reply[0], ==, "250 2.0.0 taken");
	g_assert_cmpstr(text, ==, body);
	g_assert_cmpstr(envelope, ==, "bounce+token@site.example\nann@readers.example\n");
	g_assert_cmpuint(smtpd_count(&d, "ehlo site.example"), ==, 1);
	seen_clear(&s);
	smtpd_stop(&d);
}

static void
test_reuse(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {
	    "a@r.example", "b@r.example", "c@r.example", "d@r.example", "e@r.example"};

	smtpd_start(&d, NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 5);
	for (guint i = 0; i < 5; i++)
		g_assert_cmpint(s.outcome[i], ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(smtpd_count(&d, "connect"), ==, 1);
	g_assert_cmpuint(smtpd_count(&d, "stored"), ==, 5);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* Two batches over one connection, and QUIT at the end. */
static void
test_batches(void)
{
	smtpd d;
	seen s = {0};
	jp_transport_item items[] = {item_to(0, "a@r.example"), item_to(1, "b@r.example")};

	smtpd_start(&d, NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	jp_transport *t = open_transport(conf);

	t->send(t, items, 1, on_done, &s);
	t->send(t, items + 1, 1, on_done, &s);
	jp_transport_free(t);
	g_assert_cmpuint(s.n, ==, 2);
	g_assert_cmpuint(smtpd_count(&d, "connect"), ==, 1);
	g_assert_cmpuint(smtpd_count(&d, "quit"), ==, 1);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* While a server thinks about one message, the others go on. */
static void
test_connections(void)
{
	smtpd d;
	seen s = {0};
	const char *to[8] = {"a@r.example", "b@r.example", "c@r.example", "d@r.example",
	    "e@r.example", "f@r.example", "g@r.example", "h@r.example"};

	smtpd_start(&d, "--delay", "300", NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	conf->mail.smtp.connections = 4;
	send_to(conf, &s, to, 8);
	/* another one is opened only while the first is busy */
	g_assert_cmpuint(smtpd_count(&d, "connect"), >, 1);
	g_assert_cmpuint(smtpd_count(&d, "connect"), <=, 4);
	g_assert_cmpuint(smtpd_count(&d, "stored"), ==, 8);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* ---- ends of a dialogue ------------------------------------------------------------------- */

typedef struct ending {
	const char *name, *rules;
	jp_transport_outcome outcome;
	int code;
	gboolean is_trouble;
} ending;

static const ending endings[] = {
    {"S01 550 at RCPT is final", "rcpt * 550 5.1.1 unknown", JP_TRANSPORT_FAILED, 550, FALSE},
    {"S01 450 at RCPT is tried again", "rcpt * 450 4.2.0 busy", JP_TRANSPORT_RETRY, 450, FALSE},
    {"S01 552 after the dot is final", "end * 552 5.3.4 too big", JP_TRANSPORT_FAILED, 552, FALSE},
    {"S01 451 after the dot is tried again", "end * 451 4.3.0 later", JP_TRANSPORT_RETRY, 451,
	FALSE},
    {"S01 554 at DATA is final", "data * 554 5.6.0 no", JP_TRANSPORT_FAILED, 554, FALSE},
    {"S02 421 at RCPT is the host's", "rcpt * 421 4.3.2 closing", JP_TRANSPORT_RETRY, 421, TRUE},
    {"S02 4.7.x is the host's", "rcpt * 450 4.7.1 slow down", JP_TRANSPORT_RETRY, 450, TRUE},
    {"S02 421 instead of a greeting", "greet * 421 4.3.2 full", JP_TRANSPORT_RETRY, 421, TRUE},
    {"a greeting that refuses us is the host's", "greet * 554 no", JP_TRANSPORT_RETRY, 554, TRUE},
    {"a sender refused by policy is the operator's", "mail * 550 5.7.1 not you", JP_TRANSPORT_RETRY,
	550, TRUE},
    {"S04 closed after the dot is in doubt", "end * close", JP_TRANSPORT_UNKNOWN, 0, FALSE},
    {"S04 taken, but never said so, is in doubt", "end * keep-close", JP_TRANSPORT_UNKNOWN, 0,
	FALSE},
    {"S04 silence after the dot is in doubt", "end * silent", JP_TRANSPORT_UNKNOWN, 0, FALSE},
    {"S04 closed at DATA is tried again", "data * close", JP_TRANSPORT_RETRY, 0, FALSE},
    {"S04 closed at RCPT is tried again", "rcpt * close", JP_TRANSPORT_RETRY, 0, FALSE},
    {"S04 silence at RCPT is tried again", "rcpt * silent", JP_TRANSPORT_RETRY, 0, FALSE},
};

static void
test_ending(gconstpointer data)
{
	const ending *e = data;
	smtpd d;
	seen s = {0};
	jp_transport_item item = item_to(0, "ann@readers.example");

	smtpd_start(&d, NULL);
	smtpd_rules(&d, e->rules);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	if (strstr(e->rules, "silent"))
		conf->mail.smtp.timeout = 3000;
	jp_transport *t = open_transport(conf);

	t->send(t, &item, 1, on_done, &s);
	g_assert_cmpint(s.outcome[0], ==, e->outcome);
	g_assert_cmpint(s.code[0], ==, e->code);
	g_assert_cmpint(t->trouble != NULL, ==, e->is_trouble);
	if (t->trouble)
		g_assert_cmpint(t->trouble->code, ==, JP_ERROR_TEMP);
	jp_transport_free(t);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* A long body of which the server reads only the beginning was certainly not taken. */
static void
test_cut_body(void)
{
	smtpd d;
	seen s = {0};
	g_autoptr(GString) big = g_string_new("Subject: big\r\n\r\n");

	while (big->len < 8 * JP_MIB)
		g_string_append(
		    big, "0123456789012345678901234567890123456789012345678901234567\r\n");
	smtpd_start(&d, NULL);
	smtpd_rules(&d, "body * close\n");
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	g_autoptr(jp_transport) t = open_transport(conf);
	jp_transport_item item = item_to(0, "ann@readers.example");

	item.bytes = big->str;
	item.len = big->len;
	t->send(t, &item, 1, on_done, &s);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_RETRY);
	g_assert_cmpuint(smtpd_count(&d, "end"), ==, 0);
	seen_clear(&s);
	smtpd_stop(&d);
}

static void
test_others_go_on(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {"bad@r.example", "ann@r.example", "full@r.example", "bea@r.example"};

	smtpd_start(&d, NULL);
	smtpd_rules(&d, "rcpt bad@ 550 5.1.1 unknown\nrcpt full@ 452 4.2.2 full\n");
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 4);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_FAILED);
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(s.outcome[2], ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(s.outcome[3], ==, JP_TRANSPORT_SENT);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* S02: 421 stops the whole run, not only one message. */
static void
test_host_trouble(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {"ann@r.example", "slow@r.example", "bea@r.example", "cat@r.example"};

	smtpd_start(&d, NULL);
	smtpd_rules(&d, "rcpt slow@ 421 4.7.0 slow down\n");
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 4);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(s.outcome[2], ==, JP_TRANSPORT_NOT_TRIED);
	g_assert_cmpint(s.outcome[3], ==, JP_TRANSPORT_NOT_TRIED);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* A server that drops every message unanswered holds up three, not thousands. */
static void
test_lost_in_a_row(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {
	    "a@r.example", "b@r.example", "c@r.example", "d@r.example", "e@r.example"};

	smtpd_start(&d, NULL);
	smtpd_rules(&d, "end * close\n");
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 5);
	g_assert_cmpint(s.outcome[2], ==, JP_TRANSPORT_UNKNOWN);
	g_assert_cmpint(s.outcome[3], ==, JP_TRANSPORT_NOT_TRIED);
	g_assert_cmpint(s.outcome[4], ==, JP_TRANSPORT_NOT_TRIED);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* A server that takes two messages a connection and then says 421: the next connection goes on. */
static void
test_worn_out(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {
	    "a@r.example", "b@r.example", "c@r.example", "d@r.example", "e@r.example"};

	smtpd_start(&d, "--limit", "2", NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 5);
	for (guint i = 0; i < 5; i++)
		g_assert_cmpint(s.outcome[i], ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(smtpd_count(&d, "connect"), ==, 3);
	seen_clear(&s);
	smtpd_stop(&d);
}

static void
test_no_server(void)
{
	smtpd d;
	seen s = {0};
	jp_transport_item items[] = {item_to(0, "a@r.example"), item_to(1, "b@r.example")};

	smtpd_start(&d, NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	smtpd_stop(&d);
	g_autoptr(jp_transport) t = open_transport(conf);

	t->send(t, items, 2, on_done, &s);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_RETRY);
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_NOT_TRIED);
	g_assert_error(t->trouble, JP_ERROR, JP_ERROR_TEMP);
	g_assert_nonnull(strstr(t->trouble->message, "127.0.0.1"));
	seen_clear(&s);
}

/* ---- addresses ---------------------------------------------------------------------------- */

static void
test_utf8(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {"j\xc3\xb6rg@r.example", "ann@r.example"};

	smtpd_start(&d, "--utf8", NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 2);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_SENT);
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_SENT);
	g_autofree char *log = NULL;
	g_assert_true(g_file_get_contents(d.log, &log, NULL, NULL));
	char *first = strstr(log, "SMTPUTF8");
	/* Asked for where it is needed, and only there. */
	g_assert_nonnull(first);
	g_assert_null(strstr(first + 1, "SMTPUTF8"));
	seen_clear(&s);
	smtpd_stop(&d);
}

static void
test_utf8_not_offered(void)
{
	smtpd d;
	seen s = {0};
	const char *to[] = {"j\xc3\xb6rg@r.example", "ann@r.example"};

	smtpd_start(&d, NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: none\n");
	send_to(conf, &s, to, 2);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_FAILED);
	g_assert_nonnull(strstr(s.reply[0], "SMTPUTF8"));
	g_assert_cmpint(s.outcome[1], ==, JP_TRANSPORT_SENT);
	g_assert_cmpuint(smtpd_count(&d, "rcpt"), ==, 1);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* ---- TLS and AUTH ------------------------------------------------------------------------- */

static char *cert_dir, *cert, *key;

/* A certificate for 127.0.0.1 that is its own authority. */
static void
make_cert(void)
{
	g_autoptr(GError) error = NULL;
	int status;

	cert_dir = g_dir_make_tmp("jp-cert-XXXXXX", &error);
	g_assert_no_error(error);
	cert = g_build_filename(cert_dir, "cert.pem", NULL);
	key = g_build_filename(cert_dir, "key.pem", NULL);
	const char *argv[] = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
	    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
	    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert, NULL};
	g_spawn_sync(NULL, (char **)(gpointer)argv, NULL,
	    G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
	    NULL, NULL, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

static void
remove_cert(void)
{
	g_assert_cmpint(g_remove(cert), ==, 0);
	g_assert_cmpint(g_remove(key), ==, 0);
	g_assert_cmpint(g_rmdir(cert_dir), ==, 0);
	g_free(cert);
	g_free(key);
	g_free(cert_dir);
}

typedef struct login {
	const char *tls, *mechanisms, *password;
	gboolean trusts; /* our side knows the authority */
	jp_transport_outcome outcome;
	int trouble;
} login;

static const login logins[] = {
    {"implicit", "PLAIN LOGIN", "s3cret", TRUE, JP_TRANSPORT_SENT, 0},
    {"starttls", "PLAIN LOGIN", "s3cret", TRUE, JP_TRANSPORT_SENT, 0},
    {"starttls", "LOGIN", "s3cret", TRUE, JP_TRANSPORT_SENT, 0},
    {"implicit", "PLAIN", "wrong", TRUE, JP_TRANSPORT_RETRY, JP_ERROR_PERM},
    {"starttls", "PLAIN", "s3cret", FALSE, JP_TRANSPORT_RETRY, JP_ERROR_UNAVAILABLE},
    {"implicit", "PLAIN", "s3cret", FALSE, JP_TRANSPORT_RETRY, JP_ERROR_UNAVAILABLE},
};

static void
test_login(gconstpointer data)
{
	const login *l = data;
	smtpd d;
	seen s = {0};
	jp_transport_item item = item_to(0, "ann@r.example");
	g_autofree char *more = g_strdup_printf("    tls: %s\n    user: site\n%s%s\n", l->tls,
	    l->trusts ? "    ca_file: " : "", l->trusts ? cert : "");

	smtpd_start(&d, "--tls", l->tls, "--cert", cert, "--key", key, "--auth", "site:s3cret",
	    "--mechanisms", l->mechanisms, NULL);
	g_autoptr(jp_config) conf = config(&d, more);
	conf->mail.smtp.password = g_strdup(l->password);
	jp_transport *t = open_transport(conf);

	t->send(t, &item, 1, on_done, &s);
	g_assert_cmpint(s.outcome[0], ==, l->outcome);
	g_assert_cmpint(t->trouble ? t->trouble->code : 0, ==, l->trouble);
	/* S03: no credentials in clear, and none at all to a stranger. */
	g_assert_cmpuint(smtpd_count(&d, "auth PLAIN site clear"), ==, 0);
	g_assert_cmpuint(smtpd_count(&d, "auth"), ==, l->trusts ? 1 : 0);
	if (t->trouble)
		g_assert_null(strstr(t->trouble->message, l->password));
	g_assert_null(strstr(s.reply[0], l->password));
	jp_transport_free(t);
	seen_clear(&s);
	smtpd_stop(&d);
}

/* A server that offers no STARTTLS gets neither password nor mail. */
static void
test_no_starttls(void)
{
	smtpd d;
	seen s = {0};
	jp_transport_item item = item_to(0, "ann@r.example");

	smtpd_start(&d, "--auth", "site:s3cret", NULL);
	g_autoptr(jp_config) conf = config(&d, "    tls: starttls\n    user: site\n");
	conf->mail.smtp.password = g_strdup("s3cret");
	g_autoptr(jp_transport) t = open_transport(conf);

	t->send(t, &item, 1, on_done, &s);
	g_assert_cmpint(s.outcome[0], ==, JP_TRANSPORT_RETRY);
	g_assert_error(t->trouble, JP_ERROR, JP_ERROR_UNAVAILABLE);
	g_assert_cmpuint(smtpd_count(&d, "auth"), ==, 0);
	g_assert_cmpuint(smtpd_count(&d, "mail"), ==, 0);
	seen_clear(&s);
	smtpd_stop(&d);
}

static void
test_clear_is_local(void)
{
	static const char text[] = "mail:\n  transport: smtp\n  from: jobs@site.example\n"
				   "  smtp:\n    host: mail.example.org\n    tls: none\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_config) conf = NULL;

	jp_config_parse(&conf, text, sizeof(text) - 1, "test", "/", &error);
	g_assert_no_error(error);
	g_assert_null(jp_transport_open(conf, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
}

/* ---- the pure parts ----------------------------------------------------------------------- */

static void
test_status(void)
{
	static const struct {
		const char *reply;
		gboolean ok;
		guint a, b, c;
	} cases[] = {
	    {"550 5.1.1 unknown", TRUE, 5, 1, 1},
	    {"550-5.1.10 unknown", TRUE, 5, 1, 10},
	    {"450 4.7.1", TRUE, 4, 7, 1},
	    {"250 2.0.0 ok", TRUE, 2, 0, 0},
	    {"550 unknown", FALSE, 0, 0, 0},
	    {"550 5.1", FALSE, 0, 0, 0},
	    {"550 5.1.1x", FALSE, 0, 0, 0},
	    {"550 5.01.1 x", FALSE, 0, 0, 0},
	    {"550 3.1.1 x", FALSE, 0, 0, 0},
	    {"550 5.1.1000 x", FALSE, 0, 0, 0},
	    {"5.1.1 x", FALSE, 0, 0, 0},
	    {"", FALSE, 0, 0, 0},
	    {NULL, FALSE, 0, 0, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint a = 0, b = 0, c = 0;

		g_assert_cmpint(jp_smtp_status(cases[i].reply, &a, &b, &c), ==, cases[i].ok);
		if (!cases[i].ok)
			continue;
		g_assert_cmpuint(a, ==, cases[i].a);
		g_assert_cmpuint(b, ==, cases[i].b);
		g_assert_cmpuint(c, ==, cases[i].c);
	}
}

/* Whatever the phase and the code, only a reply to the final dot or libcurl's word makes a message
 * sent or leaves it in doubt. */
static void
test_judge_all(void)
{
	for (int phase = JP_SMTP_CONNECT; phase <= JP_SMTP_REPLIED; phase++)
		for (int code = 0; code < 600; code += code ? 1 : 200) {
			jp_smtp_end end = {(jp_smtp_phase)phase, code, NULL, FALSE};
			gboolean is_host;
			jp_transport_outcome o = jp_smtp_judge(&end, &is_host);

			g_assert_cmpint(o, !=, JP_TRANSPORT_SENT);
			g_assert_cmpint(o, !=, JP_TRANSPORT_NOT_TRIED);
			if (phase < JP_SMTP_END)
				g_assert_cmpint(o, !=, JP_TRANSPORT_UNKNOWN);
			if (code < 500)
				g_assert_cmpint(o, !=, JP_TRANSPORT_FAILED);
			if (phase < JP_SMTP_MAIL)
				g_assert_true(is_host && o == JP_TRANSPORT_RETRY);
		}
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	jp_init("mail-smtp");
	make_cert();
	g_test_add_func("/mail/smtp/sent", test_sent);
	g_test_add_func("/mail/smtp/one connection for many", test_reuse);
	g_test_add_func("/mail/smtp/one connection for batches", test_batches);
	g_test_add_func("/mail/smtp/several connections", test_connections);
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *path = g_strdup_printf("/mail/smtp/%s", endings[i].name);

		g_test_add_data_func(path, &endings[i], test_ending);
	}
	g_test_add_func("/mail/smtp/S04 cut in the body is tried again", test_cut_body);
	g_test_add_func("/mail/smtp/S01 one refusal leaves the others", test_others_go_on);
	g_test_add_func("/mail/smtp/S02 421 stops all", test_host_trouble);
	g_test_add_func("/mail/smtp/S02 three lost in a row stop all", test_lost_in_a_row);
	g_test_add_func("/mail/smtp/a worn-out connection is replaced", test_worn_out);
	g_test_add_func("/mail/smtp/no server", test_no_server);
	g_test_add_func("/mail/smtp/S05 SMTPUTF8 where needed", test_utf8);
	g_test_add_func("/mail/smtp/S05 SMTPUTF8 not offered", test_utf8_not_offered);
	for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/mail/smtp/S03 login %zu: %s %s", i, logins[i].tls, logins[i].mechanisms);

		g_test_add_data_func(path, &logins[i], test_login);
	}
	g_test_add_func("/mail/smtp/S03 no STARTTLS, no mail", test_no_starttls);
	g_test_add_func("/mail/smtp/S03 clear text stays here", test_clear_is_local);
	g_test_add_func("/mail/smtp/enhanced status codes", test_status);
	g_test_add_func("/mail/smtp/every phase and code", test_judge_all);
	status = g_test_run();
	remove_cert();
	return status;
}
