/* What copy.c and copytable.c share. */
#ifndef JP_DB_COPY_H
#define JP_DB_COPY_H

#include "db/internal.h"

/* One table on its way. */
typedef struct jp_table_copy {
	jp_db *from, *to;
	const jp_schema_table *table;
	gint64 n;        /* rows that are the same on both sides so far */
	char *digest;    /* SHA-256 of all of them, once they were compared to the end; g_free */
	gboolean is_cut; /* the target had something else */
	/* Called now and then with the number of rows done; FALSE stops. */
	gboolean (*told)(const jp_schema_table *t, gint64 n, gpointer data);
	gpointer data;
} jp_table_copy;

/* Makes the target's rows those of the source, which is in a reading transaction; the target is
 * not in one. */
gboolean jp_copytable_fill(jp_table_copy *c, GError **error);
/* Compares all rows; the error names the first that differs.  Fills n and digest. */
gboolean jp_copytable_compare(jp_table_copy *c, GError **error);
/* How many rows there are. */
gboolean jp_copytable_count(jp_db *db, const jp_schema_table *t, gint64 *n, GError **error);

#endif
