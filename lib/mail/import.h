/*
 * What import.c and export.c share: the columns of the CSV form (lists inside a field are separated
 * by semicolons).
 */
#ifndef JP_MAIL_IMPORT_H
#define JP_MAIL_IMPORT_H

#include "mail/mail.h"

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
