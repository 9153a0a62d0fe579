/*
 * What the transports have in common: which one is in use, when to stop starting messages, and how
 * a result is told.
 */
#include "mail/transport.h"

#include <errno.h>
#include <unistd.h>

const char *
jp_transport_word(jp_transport_kind kind)
{
	switch (kind) {
	case JP_TRANSPORT_MAILDIR:
		return "maildir";
	case JP_TRANSPORT_MBOX:
		return "mbox";
	case JP_TRANSPORT_SENDMAIL:
		return "sendmail";
	case JP_TRANSPORT_SMTP:
		return "smtp";
	}
	g_return_val_if_reached("");
}

jp_transport *
jp_transport_open(const jp_config *conf, GError **error)
{
	switch (conf->mail.transport) {
	case JP_TRANSPORT_MAILDIR:
		return jp_maildir_open(conf, error);
	case JP_TRANSPORT_MBOX:
		return jp_mbox_open(conf, error);
	case JP_TRANSPORT_SENDMAIL:
		return jp_sendmail_open(conf, error);
	case JP_TRANSPORT_SMTP:
		return jp_smtp_open(conf, error);
	}
	g_return_val_if_reached(NULL);
}

void
jp_transport_free(jp_transport *t)
{
	if (!t)
		return;
	g_clear_error(&t->trouble);
	t->free(t);
}

gboolean
jp_transport_may_start(const jp_transport *t)
{
	if (t->trouble || jp_stopping())
		return FALSE;
	return !t->start_until_us || jp_monotonic_us() < t->start_until_us;
}

void
jp_transport_set_trouble(jp_transport *t, GError *error)
{
	if (t->trouble)
		g_error_free(error);
	else
		t->trouble = error;
}

void
jp_transport_tell(const jp_transport_item *item, jp_transport_outcome outcome, int code,
    const char *reply, jp_transport_done done, gpointer data)
{
	const jp_transport_result result = {outcome, code, reply};

	done(item, &result, data);
}

void
jp_transport_give_back(
    const jp_transport_item *items, guint i, guint n, jp_transport_done done, gpointer data)
{
	for (; i < n; i++)
		jp_transport_tell(&items[i], JP_TRANSPORT_NOT_TRIED, 0, "not tried", done, data);
}

gboolean
jp_transport_write(int fd, const char *bytes, gsize len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		bytes += n;
		len -= (gsize)n;
	}
	return TRUE;
}
