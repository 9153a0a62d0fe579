/*
 * What compose.c, outbox.c and state.c share: a run of jp-mail from inside, and the decisions about
 * a message, which are pure.
 */
#ifndef JP_MAIL_OUTBOX_H
#define JP_MAIL_OUTBOX_H

#include "mail/mail.h"
#include "mail/transport.h"

/* ---- decisions (state.c), pure ------------------------------------------------------------ */

typedef struct jp_outbox_step {
	const char *state; /* of the row: composed sent failed held; borrowed for ever */
	const char *word; /* of the result line: sent failed held retry, or NULL: nothing to tell */
	gint64 next_try_at;
	guint attempts;
	const char *reason; /* instead of the reply, or NULL; borrowed for ever */
} jp_outbox_step;

/* What follows a try, the attempts'th of a message composed then. */
jp_outbox_step jp_outbox_decide(const jp_config *conf, jp_transport_outcome outcome, guint attempts,
    gint64 composed_at, gint64 now);
/* When to try again after so many attempts: gaps double from retry_min to retry_max (S01). */
gint64 jp_outbox_gap(const jp_config *conf, guint attempts);
/* What follows for a message whose worker is gone (promise 2): "composed" to try again or "held".
 * A transport that finds what it has delivered goes on, if it is still the one in use. */
const char *jp_outbox_recover(const jp_config *conf, const char *transport);

/* What a refusal says about the address (B04, B07). */
typedef enum jp_bounce {
	JP_BOUNCE_NONE, /* nothing: it is about us, or about the moment */
	JP_BOUNCE_SOFT,
	JP_BOUNCE_HARD, /* counts */
	JP_BOUNCE_STOP, /* there is no such address: never again */
} jp_bounce;
jp_bounce jp_outbox_bounce(int code, const char *reply);

/* Why somebody may not be mailed (promise 3); NULL: they may.  status NULL: there is nobody. */
const char *jp_outbox_refusal(const char *status, gboolean is_suppressed);

/* A reply as it is kept: one line, bounded, without the recipient's address.  Free with g_free. */
char *jp_outbox_reply(const char *reply, const char *recipient);

/* The subscribers that a run is for as a JSON array; NULL: everybody.  Free with g_free. */
char *jp_outbox_only(const jp_mail_run *r);

/* ---- composing (compose.c) ---------------------------------------------------------------- */

/* Composes the digests that are due, several subscribers a transaction; with r->dry_run nothing is
 * kept.  An error is the templates' or the configuration's. */
gboolean jp_compose_all(jp_mail_run *r, gint64 now, GError **error);

#endif
