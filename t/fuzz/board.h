/*
 * What the fuzz targets of adapters share.  Oracle: a body is refused with words and nothing read,
 * or every posting is normalised (id, title, company, URL there and bounded, all of it UTF-8), no
 * id stands twice, and reading the same bytes again gives the same postings and hashes.
 */
#ifndef T_FUZZ_BOARD_H
#define T_FUZZ_BOARD_H

#include <stdint.h>
#include <string.h>

#include "board/board.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_posting(const jp_posting *p)
{
	g_assert_true(p->external_id && *p->external_id);
	g_assert_true(p->title && *p->title && strlen(p->title) <= JP_MAX_TITLE);
	g_assert_true(p->company && strlen(p->company) <= JP_MAX_NAME);
	g_assert_null(strpbrk(p->title, "\r\n"));
	g_assert_null(strpbrk(p->company, "\r\n"));
	g_assert_true(strlen(p->description) <= JP_MAX_DESCRIPTION);
	g_assert_true(p->locations->len <= JP_MAX_LOCATIONS);
	g_assert_true(g_str_has_prefix(p->url, "http://") || g_str_has_prefix(p->url, "https://") ||
	    g_ascii_strncasecmp(p->url, "http", 4) == 0);
	g_assert_true(p->salary_max == 0 || p->salary_min <= p->salary_max);
}

/* Whatever page the bytes come as, what is read of them is the same, and what waits for details has
 * an id, once, and a fingerprint that follows from what was said. */
static G_GNUC_UNUSED void
fuzz_page(const char *kind, const char *token, const uint8_t *data, size_t len)
{
	const jp_board_ref b = {.token = token};
	g_autoptr(jp_listing) one = jp_listing_new(), two = jp_listing_new();
	const jp_adapter *a = jp_adapter_find(kind);
	gboolean more = FALSE;

	(void)a->parse(one, &b, (const char *)data, len, 0, 0, &more, NULL);
	(void)a->parse(two, &b, (const char *)data, len, 1, 0, &more, NULL);
	g_assert_cmpuint(one->items->len, ==, two->items->len);
	g_assert_cmpuint(g_hash_table_size(one->ids), ==, one->items->len + one->postings->len);
	for (guint i = 0; i < one->items->len; i++) {
		jp_item *x = g_ptr_array_index(one->items, i),
			*y = g_ptr_array_index(two->items, i);
		guint8 hx[32], hy[32];

		g_assert_true(*x->posting->external_id);
		jp_item_fingerprint(x, hx);
		jp_item_fingerprint(y, hy);
		g_assert_cmpmem(hx, 32, hy, 32);
	}
	/* the second time the same page brings nothing new */
	(void)a->parse(two, &b, (const char *)data, len, 2, 0, &more, NULL);
	g_assert_cmpuint(one->items->len, ==, two->items->len);
}

/* Details are refused with words, or become one posting or one problem. */
static G_GNUC_UNUSED void
fuzz_detail(const char *kind, const char *token, const uint8_t *data, size_t len)
{
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;

	if (!jp_board_parse_detail(
		l, kind, token, NULL, "17", (const char *)data, len, 0, &error)) {
		g_assert_true(error && *error->message);
		g_assert_cmpuint(l->postings->len + l->n_bad, ==, 0);
		return;
	}
	g_assert_cmpuint(l->postings->len + l->n_bad, ==, 1);
	if (l->postings->len)
		check_posting(g_ptr_array_index(l->postings, 0));
}

static G_GNUC_UNUSED int
fuzz_board(const char *kind, const char *token, const uint8_t *data, size_t len)
{
	g_autoptr(jp_listing) one = jp_listing_new();
	g_autoptr(jp_listing) two = jp_listing_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	if (!jp_board_parse(one, kind, token, NULL, (const char *)data, len, 0, &error)) {
		g_assert_true(error && *error->message);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		g_assert_cmpuint(one->postings->len, ==, 0);
		return 0;
	}
	g_assert_no_error(error);
	g_assert_true(jp_board_parse(two, kind, token, NULL, (const char *)data, len, 0, NULL));
	g_assert_cmpuint(one->postings->len, ==, two->postings->len);
	g_assert_cmpuint(one->n_bad, ==, two->n_bad);
	for (guint i = 0; i < one->postings->len; i++) {
		const jp_posting *a = g_ptr_array_index(one->postings, i);
		const jp_posting *b = g_ptr_array_index(two->postings, i);
		g_autoptr(cJSON) ja = jp_posting_to_json(a);
		g_autoptr(cJSON) jb = jp_posting_to_json(b);
		g_autofree char *la = jp_json_line(ja), *lb = jp_json_line(jb);

		check_posting(a);
		g_assert_true(g_hash_table_add(ids, a->external_id));
		g_assert_true(g_utf8_validate(la, -1, NULL));
		g_assert_cmpstr(la, ==, lb);
		g_assert_cmpmem(a->hash, sizeof a->hash, b->hash, sizeof b->hash);
	}
	return 0;
}

#endif
