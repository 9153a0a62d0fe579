/*
 * What import.c and export.c share: the columns of the CSV form, and a reader and writer of CSV
 * (RFC 4180; lists inside a field are separated by semicolons).
 */
#ifndef JP_MAIL_IMPORT_H
#define JP_MAIL_IMPORT_H

#include "mail/mail.h"

/* ---- CSV (csv.c), pure -------------------------------------------------------------------- */

/* Fields of one record; a header has some 20. */
#define JP_CSV_MAX_FIELDS 64

typedef struct jp_csv {
	const char *p, *end; /* borrowed */
	guint line;          /* of the record that was read last, from 1 */
	guint next;          /* of the one to come */
} jp_csv;

/* Borrows text.  A leading byte order mark is skipped. */
void jp_csv_init(jp_csv *c, const char *text, gsize len);
/* Replaces fields (of char *, owned) by the next record; blank lines are skipped.  FALSE at the
 * end, and with *error set when a record is broken (an open quote, a NUL, too many fields): the
 * caller may go on with the line after the one where it began. */
gboolean jp_csv_next(jp_csv *c, GPtrArray *fields, GError **error);
/* Appends one record, CRLF at its end; NULL is an empty field. */
void jp_csv_write(GString *out, const char *const *fields, guint n);

/* ---- columns ------------------------------------------------------------------------------ */

typedef enum jp_import_kind {
	JP_IMPORT_SUBSCRIBER, /* a key of the subscriber's mapping */
	JP_IMPORT_SEARCH,     /* a key of the search's */
	JP_IMPORT_SEARCH_LIST,
} jp_import_kind;

typedef struct jp_import_column {
	const char *name; /* in the header */
	const char *key;  /* in the YAML */
	jp_import_kind kind;
	const char *path; /* where an export finds it; NULL: the key */
} jp_import_column;

#define JP_IMPORT_N_COLUMNS 23
extern const jp_import_column jp_import_columns[JP_IMPORT_N_COLUMNS];

#endif
