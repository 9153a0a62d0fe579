/*
 * What the end of an SMTP dialogue means for its message (RFC 5321, RFC 3463).  Pure: the phase
 * that was reached and the last reply in, an outcome out.
 */
#include "mail/transport.h"

#include <string.h>

/* One number of an enhanced status code, at most three digits, not "01"; NULL when there
 * is none. */
static const char *
read_number(const char *p, guint *out)
{
	guint n = 0;

	if (!g_ascii_isdigit(*p) || (p[0] == '0' && g_ascii_isdigit(p[1])))
		return NULL;
	for (*out = 0; g_ascii_isdigit(*p); p++)
		if (++n > 3)
			return NULL;
		else
			*out = *out * 10 + (guint)(*p - '0');
	return p;
}

gboolean
jp_smtp_status(const char *reply, guint *klass, guint *subject, guint *detail)
{
	const char *p = reply;
	guint code;

	if (!p || !(p = read_number(p, &code)) || p - reply != 3 || (*p != ' ' && *p != '-'))
		return FALSE;
	p++;
	if (*p != '2' && *p != '4' && *p != '5')
		return FALSE;
	if (!(p = read_number(p, klass)) || *p++ != '.' || !(p = read_number(p, subject)) ||
	    *p++ != '.' || !(p = read_number(p, detail)))
		return FALSE;
	return *p == '\0' || *p == ' ';
}

/* Refusals that are about us: who we are, not to whom we write. */
static gboolean
is_about_us(int code, const char *reply)
{
	guint klass, subject, detail;

	if (code == 421 || code == 530 || code == 534 || code == 535 || code == 538)
		return TRUE;
	/* 4.7.x asks for patience (S02); 5.7.x after RCPT is the message's fate, before it ours. */
	return jp_smtp_status(reply, &klass, &subject, &detail) && klass == 4 && subject == 7;
}

static jp_transport_outcome
judge_code(const jp_smtp_end *end, gboolean *is_host)
{
	guint klass, subject, detail;

	*is_host = is_about_us(end->code, end->reply);
	if (*is_host || end->code < 500)
		return JP_TRANSPORT_RETRY;
	if (end->phase == JP_SMTP_MAIL && jp_smtp_status(end->reply, &klass, &subject, &detail) &&
	    subject == 7) {
		*is_host = TRUE;
		return JP_TRANSPORT_RETRY;
	}
	return JP_TRANSPORT_FAILED;
}

jp_transport_outcome
jp_smtp_judge(const jp_smtp_end *end, gboolean *is_host)
{
	gboolean refused = end->code >= 400 && end->code < 600;

	*is_host = FALSE;
	if (end->is_ok)
		return JP_TRANSPORT_SENT;
	switch (end->phase) {
	case JP_SMTP_CONNECT:
	case JP_SMTP_HELLO:
	case JP_SMTP_AUTH:
		*is_host = TRUE;
		return JP_TRANSPORT_RETRY;
	case JP_SMTP_MAIL:
	case JP_SMTP_RCPT:
	case JP_SMTP_DATA:
	case JP_SMTP_BODY:
		/* Lost before the final dot: nobody has taken the message. */
		return refused ? judge_code(end, is_host) : JP_TRANSPORT_RETRY;
	case JP_SMTP_END:
		return JP_TRANSPORT_UNKNOWN;
	case JP_SMTP_REPLIED:
		return refused ? judge_code(end, is_host) : JP_TRANSPORT_UNKNOWN;
	}
	g_return_val_if_reached(JP_TRANSPORT_UNKNOWN);
}
