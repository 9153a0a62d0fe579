/*
 * The decisions about a message on its way: when to try again, when to give up, what an unclear end
 * leads to, what a refusal says about the address.  Pure: facts and `now` in, the next state out.
 */
#include "mail/outbox.h"

#include <string.h>

/* A reply is shown in one line of a list. */
#define MAX_REPLY 300

gint64
jp_outbox_gap(const jp_config *conf, guint attempts)
{
	gint64 gap = conf->mail.retry_min;

	while (attempts-- > 1 && gap < conf->mail.retry_max)
		gap *= 2;
	return MIN(gap, conf->mail.retry_max);
}

static jp_outbox_step
try_again(const jp_config *conf, guint attempts, gint64 composed_at, gint64 now)
{
	gint64 next = now + jp_outbox_gap(conf, attempts);

	if (next > composed_at + conf->mail.give_up)
		return (jp_outbox_step){"failed", "failed", now, attempts, NULL};
	return (jp_outbox_step){"composed", "retry", next, attempts, NULL};
}

jp_outbox_step
jp_outbox_decide(const jp_config *conf, jp_transport_outcome outcome, guint attempts,
    gint64 composed_at, gint64 now)
{
	switch (outcome) {
	case JP_TRANSPORT_SENT:
		return (jp_outbox_step){"sent", "sent", now, attempts, NULL};
	case JP_TRANSPORT_FAILED:
		return (jp_outbox_step){"failed", "failed", now, attempts, NULL};
	case JP_TRANSPORT_RETRY:
		return try_again(conf, attempts, composed_at, now);
	case JP_TRANSPORT_UNKNOWN:
		if (conf->mail.held == JP_HELD_RESEND)
			return try_again(conf, attempts, composed_at, now);
		return (jp_outbox_step){"held", "held", now, attempts, NULL};
	case JP_TRANSPORT_NOT_TRIED:
		return (jp_outbox_step){"composed", NULL, now, attempts - 1, "not tried yet"};
	}
	g_return_val_if_reached(((jp_outbox_step){"held", "held", now, attempts, NULL}));
}

const char *
jp_outbox_recover(const jp_config *conf, const char *transport)
{
	const char *word = jp_transport_word(conf->mail.transport);
	gboolean finds = strcmp(word, "maildir") == 0 || strcmp(word, "mbox") == 0;

	if (finds && g_strcmp0(transport, word) == 0)
		return "composed";
	return conf->mail.held == JP_HELD_RESEND ? "composed" : "held";
}

jp_bounce
jp_outbox_bounce(int code, const char *reply)
{
	guint klass, subject, detail;

	if (!jp_smtp_status(reply, &klass, &subject, &detail)) {
		if (code >= 500)
			return JP_BOUNCE_HARD;
		return code >= 400 ? JP_BOUNCE_SOFT : JP_BOUNCE_NONE;
	}
	if (klass == 4)
		return JP_BOUNCE_SOFT;
	if (klass != 5 || subject == 7)
		return JP_BOUNCE_NONE;
	if ((subject == 1 && (detail == 1 || detail == 10)) || (subject == 2 && detail == 1))
		return JP_BOUNCE_STOP;
	return JP_BOUNCE_HARD;
}

const char *
jp_outbox_refusal(const char *status, gboolean is_suppressed)
{
	if (!status)
		return "the subscriber was removed";
	if (is_suppressed)
		return "the address is suppressed";
	if (strcmp(status, "active") == 0)
		return NULL;
	if (strcmp(status, "paused") == 0)
		return "the subscriber is paused";
	if (strcmp(status, "unsubscribed") == 0)
		return "the subscriber unsubscribed";
	return "the subscriber is not active";
}

/* Where needle occurs, whatever the case of ASCII letters; NULL: nowhere. */
static const char *
find(const char *text, const char *needle, gsize len)
{
	for (; *text; text++)
		if (g_ascii_strncasecmp(text, needle, len) == 0)
			return text;
	return NULL;
}

char *
jp_outbox_reply(const char *reply, const char *recipient)
{
	g_autoptr(GString) out = g_string_new(NULL);
	gsize len = strlen(recipient);
	const char *at;

	while (len > 0 && (at = find(reply, recipient, len))) {
		g_string_append_len(out, reply, at - reply);
		g_string_append(out, "the recipient");
		reply = at + len;
	}
	g_string_append(out, reply);
	return jp_text_clean(out->str, (gssize)out->len, MAX_REPLY, FALSE);
}
