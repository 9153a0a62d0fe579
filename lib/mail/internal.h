/* What the files of mail share and others do not see. */
#ifndef JP_MAIL_INTERNAL_H
#define JP_MAIL_INTERNAL_H

#include "mail/mail.h"

typedef enum jp_template_kind {
	JP_TEMPLATE_SUBJECT,
	JP_TEMPLATE_PLAIN,
	JP_TEMPLATE_RICH,
} jp_template_kind;
#define JP_N_TEMPLATES 3

/* Renders one of the digest's templates with its partials.  Free with g_free. */
char *jp_templates_render(
    const jp_templates *t, jp_template_kind kind, const cJSON *context, GError **error);

/* The zone of that name, kept for the next digest: GLib reads a zone's file each time that nobody
 * holds it, which would be a quarter of composing.  Borrowed until the next call. */
GTimeZone *jp_templates_zone(const jp_templates *t, const char *name);

/* The context of the digest's templates, described in jobping-templates(5); cJSON_Delete. */
cJSON *jp_context_new(const jp_config *conf, const jp_digest *d, GTimeZone *zone);

/* A line of a description, with its line ends, that tells of the work; at most `columns` wide.
 * company may be NULL.  Free with g_free; never NULL. */
char *jp_snippet_make(const char *description, const char *company, guint columns);

/* Raw values of header fields, with the blank before and the line end after, folded by LF and a
 * blank.  The texts are cleaned and cut to `max` bytes.  Free with g_free. */
char *jp_header_text(const char *name, const char *text, gsize max);
/* A name, which may be NULL, and an address (or a list's id) that stands as it is. */
char *jp_header_mailbox(const char *name, const char *phrase, const char *address, gsize max);

/* The zone of a name from outside; UTC for an unknown one.  g_time_zone_unref. */
GTimeZone *jp_schedule_zone(const char *name);

/* An address or a URI as a URI; NULL for what is neither.  Free with g_free. */
char *jp_address_uri(const char *contact);
/* TRUE for a scheme and printable ASCII that may stand between "<" and ">". */
gboolean jp_address_is_uri(const char *text);

#endif
