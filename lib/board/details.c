/*
 * Which items of a listing need their details (R9): those that the database does not have, or has
 * with another fingerprint of what the listing said.  The fingerprint is kept with the posting when
 * its details were read and stored, in the same transaction, so that what was not read is asked for
 * again.  A description may be edited without a trace in the listing: details that are old are read
 * again, after all others and within the same bound.
 */
#include "board/internal.h"

#include <string.h>

#define PRINT_LEN 32

struct stored { /* what the database has of an open posting's details */
	guint8 print[PRINT_LEN];
	gint64 read_at;
};

/* Ids of open postings to what they were stored under. */
static GHashTable *
load_stored(const jp_visit *v)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(jp_rows) r =
	    jp_db_query(v->scrape->db, JP_SQL_LISTED_OF_BOARD, JP_ARGS(JP_INT(v->id)));

	while (jp_rows_next(r)) {
		gsize len = 0;
		const void *print = jp_rows_blob(r, JP_COL_LISTED_OF_BOARD_HASH, &len);
		gint64 version = jp_rows_int(r, JP_COL_LISTED_OF_BOARD_HASH_VERSION);
		gint64 read_at = jp_rows_int_or(r, JP_COL_LISTED_OF_BOARD_READ_AT, 0);
		struct stored *s;

		if (len != PRINT_LEN || version != JP_POSTING_HASH_VERSION)
			continue;
		s = g_new0(struct stored, 1);
		memcpy(s->print, print, PRINT_LEN);
		s->read_at = read_at;
		g_hash_table_insert(
		    all, g_strdup(jp_rows_text(r, JP_COL_LISTED_OF_BOARD_EXTERNAL_ID)), s);
	}
	return all;
}

gboolean
jp_details_are_old(const jp_visit *v)
{
	gint64 reread = v->scrape->conf->scrape.reread;
	g_autoptr(jp_rows) r = NULL;

	if (!v->adapter->detail || reread <= 0)
		return FALSE;
	r = jp_db_query(v->scrape->db, JP_SQL_LISTED_OLDEST, JP_ARGS(JP_INT(v->id)));
	return jp_rows_next(r) &&
	    jp_rows_int_or(r, JP_COL_LISTED_OLDEST_READ_AT, G_MAXINT64) < jp_now() - reread;
}

/* Once some are old, all that have half that age are read with them, so that a board whose listing
 * does not change is read whole once in a while and not on every visit. */
static gboolean
is_old(const jp_visit *v, const struct stored *s)
{
	return v->rereads && s->read_at < jp_now() - v->scrape->conf->scrape.reread / 2;
}

static gint
by_age(gconstpointer a, gconstpointer b)
{
	gint64 x = (*(jp_item *const *)a)->read_at, y = (*(jp_item *const *)b)->read_at;

	return x < y ? -1 : x > y;
}

/* Whether the item is asked for: as new or changed (into asked), or as old (into old). */
static void
choose(jp_visit *v, GHashTable *stored, jp_item *item, GPtrArray *asked, GPtrArray *old)
{
	const char *id = item->posting->external_id;
	const struct stored *s = g_hash_table_lookup(stored, id);
	guint8 print[PRINT_LEN];

	jp_item_fingerprint(item, print);
	item->is_reread = s && memcmp(s->print, print, PRINT_LEN) == 0;
	if (item->is_reread && !is_old(v, s)) {
		g_ptr_array_add(v->listing->unread, g_strdup(id));
		jp_item_free(item);
		return;
	}
	item->read_at = s ? s->read_at : 0;
	g_hash_table_replace(v->prints, g_strdup(id), g_bytes_new(print, PRINT_LEN));
	g_ptr_array_add(item->is_reread ? old : asked, item);
}

void
jp_details_choose(jp_visit *v)
{
	g_autoptr(GHashTable) stored = load_stored(v);
	g_autoptr(GPtrArray) asked = g_ptr_array_new(), old = g_ptr_array_new();
	GPtrArray *items = v->listing->items;

	v->prints =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
	for (guint i = 0; i < items->len; i++) {
		jp_item *item = g_ptr_array_index(items, i);

		items->pdata[i] = NULL; /* taken */
		choose(v, stored, item, asked, old);
	}
	g_ptr_array_sort(old, by_age);
	g_ptr_array_set_size(items, 0);
	g_ptr_array_extend(items, asked, NULL, NULL);
	g_ptr_array_extend(items, old, NULL, NULL);
}

void
jp_details_unhad(jp_visit *v, const jp_item *item)
{
	if (!item->is_reread)
		return;
	if (!v->unhad)
		v->unhad = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(v->unhad, g_strdup(item->posting->external_id));
}

void
jp_details_keep(jp_visit *v)
{
	const GPtrArray *postings = v->listing->postings;
	gint64 now = jp_now();

	for (guint i = 0; v->prints && i < postings->len; i++) {
		const jp_posting *p = g_ptr_array_index(postings, i);
		GBytes *print = g_hash_table_lookup(v->prints, p->external_id);

		if (p->id != 0 && print)
			jp_db_do(v->scrape->db, JP_SQL_LISTED_PUT,
			    JP_ARGS(JP_INT(p->id),
				JP_BLOB(g_bytes_get_data(print, NULL), PRINT_LEN), JP_INT(now)));
	}
	for (guint i = 0; v->unhad && i < v->unhad->len; i++)
		jp_db_do(v->scrape->db, JP_SQL_LISTED_TOUCH,
		    JP_ARGS(JP_INT(v->id), JP_TEXT(g_ptr_array_index(v->unhad, i)), JP_INT(now)));
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
