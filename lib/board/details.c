/*
 * Which items of a listing need their details (R9): those that the database does not have, or has
 * with another fingerprint of what the listing said.  The fingerprint is kept with the posting when
 * its details were read and stored, in the same transaction, so that what was not read is asked for
 * again.
 */
#include "board/internal.h"

#include <string.h>

#define PRINT_LEN 32

/* Ids of open postings to the fingerprint that they were stored under. */
static GHashTable *
load_prints(const jp_visit *v)
{
	GHashTable *all =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
	g_autoptr(jp_rows) r =
	    jp_db_query(v->scrape->db, JP_SQL_LISTED_OF_BOARD, JP_ARGS(JP_INT(v->id)));

	while (jp_rows_next(r)) {
		gsize len = 0;
		const void *print = jp_rows_blob(r, JP_COL_LISTED_OF_BOARD_HASH, &len);
		gint64 version = jp_rows_int(r, JP_COL_LISTED_OF_BOARD_HASH_VERSION);

		if (len == PRINT_LEN && version == JP_POSTING_HASH_VERSION)
			g_hash_table_insert(all,
			    g_strdup(jp_rows_text(r, JP_COL_LISTED_OF_BOARD_EXTERNAL_ID)),
			    g_bytes_new(print, len));
	}
	return all;
}

void
jp_details_choose(jp_visit *v)
{
	g_autoptr(GHashTable) stored = load_prints(v);
	GPtrArray *items = v->listing->items;
	guint n_left = 0;

	v->prints =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
	for (guint i = 0; i < items->len; i++) {
		jp_item *item = g_ptr_array_index(items, i);
		const char *id = item->posting->external_id;
		GBytes *old = g_hash_table_lookup(stored, id);
		guint8 print[PRINT_LEN];

		jp_item_fingerprint(item, print);
		if (old && memcmp(g_bytes_get_data(old, NULL), print, PRINT_LEN) == 0) {
			g_ptr_array_add(v->listing->unread, g_strdup(id));
			jp_item_free(item);
			continue;
		}
		g_hash_table_replace(v->prints, g_strdup(id), g_bytes_new(print, PRINT_LEN));
		items->pdata[n_left++] = item;
	}
	for (guint i = n_left; i < items->len; i++)
		items->pdata[i] = NULL; /* moved or freed */
	g_ptr_array_set_size(items, (gint)n_left);
}

void
jp_details_keep(jp_visit *v)
{
	const GPtrArray *postings = v->listing->postings;

	for (guint i = 0; v->prints && i < postings->len; i++) {
		const jp_posting *p = g_ptr_array_index(postings, i);
		GBytes *print = g_hash_table_lookup(v->prints, p->external_id);

		if (p->id != 0 && print)
			jp_db_do(v->scrape->db, JP_SQL_LISTED_PUT,
			    JP_ARGS(
				JP_INT(p->id), JP_BLOB(g_bytes_get_data(print, NULL), PRINT_LEN)));
	}
}

gboolean
jp_details_has_new(jp_visit *v, guint n)
{
	if (!v->known) {
		g_autoptr(jp_rows) r =
		    jp_db_query(v->scrape->db, JP_SQL_BOARD_POSTING_IDS, JP_ARGS(JP_INT(v->id)));

		v->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		while (jp_rows_next(r))
			g_hash_table_add(v->known,
			    g_strdup(jp_rows_text(r, JP_COL_BOARD_POSTING_IDS_EXTERNAL_ID)));
	}
	for (; n < v->listing->postings->len; n++) {
		const jp_posting *p = g_ptr_array_index(v->listing->postings, n);

		if (!g_hash_table_contains(v->known, p->external_id))
			return TRUE;
	}
	return FALSE;
}
