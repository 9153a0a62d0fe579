/*
 * The seam between the outbox and what carries a message away: maildir.c, mbox.c, sendmail.c and
 * smtp.c each give one jp_transport.  A transport knows neither the database nor subscribers; it is
 * given bytes and an envelope, and says of each message once what became of it.
 */
#ifndef JP_MAIL_TRANSPORT_H
#define JP_MAIL_TRANSPORT_H

#include "config/config.h"

/* One message to carry; everything is borrowed for the call. */
typedef struct jp_transport_item {
	gint64 message;         /* the row, for the caller */
	const char *message_id; /* without brackets */
	const char *from, *to;  /* the envelope */
	const char *bytes;      /* RFC 5322, CRLF */
	gsize len;
	gboolean is_recovery; /* an earlier try may have delivered it: look first, where that is
				 possible */
} jp_transport_item;

typedef enum jp_transport_outcome {
	JP_TRANSPORT_SENT,
	JP_TRANSPORT_RETRY,     /* certainly not taken; later it may be */
	JP_TRANSPORT_FAILED,    /* refused for good */
	JP_TRANSPORT_UNKNOWN,   /* perhaps taken: in doubt (S04) */
	JP_TRANSPORT_NOT_TRIED, /* given back: stopping, out of time, or the transport is in trouble
				 */
} jp_transport_outcome;

typedef struct jp_transport_result { /* borrowed for the call */
	jp_transport_outcome outcome;
	int code;          /* the SMTP reply that decided; 0: none */
	const char *reply; /* the server's words, or ours; never NULL */
} jp_transport_result;

typedef void (*jp_transport_done)(
    const jp_transport_item *item, const jp_transport_result *result, gpointer data);

typedef struct jp_transport jp_transport;

struct jp_transport {
	const char *name; /* "maildir", as in the configuration and message.transport */
	gboolean
	    is_idempotent; /* a try that was cut off can be repeated: it is found, not doubled */
	guint batch;       /* how many messages are worth claiming at once */
	gint64 item_limit; /* ms that one message takes at the worst */
	gint64 start_until_us; /* monotonic: no message is started after this; 0: any time */
	/* Trouble with the transport itself (no connection, no space, wrong password, 421: S02),
	 * not with one message: nothing further is started, and the rest is given back.  Owned. */
	GError *trouble;
	/* Calls done exactly once for each item, in any order, from the calling thread. */
	void (*send)(jp_transport *t, const jp_transport_item *items, guint n,
	    jp_transport_done done, gpointer data);
	void (*free)(jp_transport *t);
};

/* Opens what conf->mail.transport names; borrows conf.  Nothing is connected yet. */
jp_transport *jp_transport_open(const jp_config *conf, GError **error);
void jp_transport_free(jp_transport *t); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_transport, jp_transport_free)
/* The word of a kind, "maildir"; borrowed for ever. */
const char *jp_transport_word(jp_transport_kind kind);

/* ---- for transports (transport.c) --------------------------------------------------------- */

/* FALSE once the process is asked to stop, the time is over or there is trouble. */
gboolean jp_transport_may_start(const jp_transport *t);
/* Sets t->trouble unless there is some already; takes error. */
void jp_transport_set_trouble(jp_transport *t, GError *error);
/* Gives a result for one item. */
void jp_transport_tell(const jp_transport_item *item, jp_transport_outcome outcome, int code,
    const char *reply, jp_transport_done done, gpointer data);
/* Gives everything from items[i] on back. */
void jp_transport_give_back(
    const jp_transport_item *items, guint i, guint n, jp_transport_done done, gpointer data);
/* Writes all of it, through interruptions and short writes; FALSE with errno set. */
gboolean jp_transport_write(int fd, const char *bytes, gsize len);

jp_transport *jp_maildir_open(const jp_config *conf, GError **error);
jp_transport *jp_mbox_open(const jp_config *conf, GError **error);
jp_transport *jp_sendmail_open(const jp_config *conf, GError **error);
jp_transport *jp_smtp_open(const jp_config *conf, GError **error);

/* ---- pure parts, for their tests ---------------------------------------------------------- */

/* The file's name in a Maildir: from the Message-ID alone, so that a second delivery meets the
 * first.  Free with g_free. */
char *jp_maildir_name(const char *message_id);

/* One message as an mbox entry ("mboxrd"): the From_ line, LF line ends, lines that start with
 * ">*From " quoted by one more ">", a blank line at the end.  g_string_free. */
GString *jp_mbox_entry(const char *from, gint64 now, const char *bytes, gsize len);

/* argv for the sendmail command: {sender} and {recipient} are put into the operator's arguments;
 * where neither occurs, "-i -f SENDER -- RECIPIENT" is appended.  g_strfreev. */
char **jp_sendmail_argv(char *const *command, const char *from, const char *to);
/* What an exit status of sendmail means (sysexits). */
jp_transport_outcome jp_sendmail_outcome(int exit_status);

/* How far a dialogue came, for judging its end. */
typedef enum jp_smtp_phase {
	JP_SMTP_CONNECT, /* to the greeting */
	JP_SMTP_HELLO,   /* EHLO, STARTTLS */
	JP_SMTP_AUTH,
	JP_SMTP_MAIL,
	JP_SMTP_RCPT,
	JP_SMTP_DATA,    /* DATA said, no 354 yet */
	JP_SMTP_BODY,    /* 354 came, part of the body is still ours */
	JP_SMTP_END,     /* all was handed over; the reply is awaited */
	JP_SMTP_REPLIED, /* the reply to the final dot is here */
} jp_smtp_phase;

typedef struct jp_smtp_end {
	jp_smtp_phase phase;
	int code;          /* the last reply in this phase; 0: none */
	const char *reply; /* its text, codes included; may be NULL */
	gboolean is_ok;    /* libcurl saw no error */
} jp_smtp_end;

/* What became of the message (S01, S04); *is_host is set when the trouble is the server's or the
 * operator's and not the message's (S02). */
jp_transport_outcome jp_smtp_judge(const jp_smtp_end *end, gboolean *is_host);
/* The enhanced status code of a reply's text ("550 5.1.1 ..." -> "5.1.1"), as its three numbers;
 * FALSE when there is none (RFC 3463). */
gboolean jp_smtp_status(const char *reply, guint *klass, guint *subject, guint *detail);

#endif
