/*
 * Fuzzes what a page says of boards.  Oracle: every candidate has a token that its service takes as
 * it is, none stands twice, the way on is a URL, and the same page says the same again.
 */
#include "board/internal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static GPtrArray *
read_page(const uint8_t *data, size_t len, char **careers)
{
	GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)jp_look_free);

	jp_pagelinks_read(
	    found, (const char *)data, len, "https://careers.umbra.example/jobs", careers);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *careers = NULL, *again = NULL;
	g_autoptr(GPtrArray) one = read_page(data, len, &careers);
	g_autoptr(GPtrArray) two = read_page(data, len, &again);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_cmpstr(careers, ==, again);
	g_assert_true(!careers || g_ascii_strncasecmp(careers, "http", 4) == 0);
	g_assert_cmpuint(one->len, ==, two->len);
	for (guint i = 0; i < one->len; i++) {
		const jp_board_look *a = g_ptr_array_index(one, i), *b = g_ptr_array_index(two, i);
		g_autofree char *token = a->adapter->token(a->token, NULL);

		g_assert_cmpstr(token, ==, a->token);
		g_assert_cmpstr(a->name, ==, b->name);
		g_assert_true(g_hash_table_add(names, a->name));
		g_assert_true(a->how && *a->how && g_utf8_validate(a->name, -1, NULL));
	}
	return 0;
}
