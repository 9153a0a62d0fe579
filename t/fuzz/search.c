/*
 * A saved search from outside as JSON: what is read and passes the check compiles, and written and
 * read again it is the same; checking it once more changes nothing.
 */
#include <stdint.h>
#include <string.h>

#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
write_line(const jp_search *s)
{
	g_autoptr(cJSON) o = jp_search_to_json(s);

	return jp_json_line(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) o = jp_json_parse((const char *)data, size, &error);
	g_autoptr(cJSON) again = NULL;
	g_autoptr(jp_search) s = jp_search_new();
	g_autoptr(jp_search) second = jp_search_new();
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autofree char *first = NULL;
	g_autofree char *other = NULL;

	if (!o)
		return 0;
	if (!jp_search_from_json(s, o, &error) || !jp_search_check(s, &error)) {
		g_assert_nonnull(error);
		return 0;
	}
	first = write_line(s);
	again = jp_search_to_json(s);
	jp_search_from_json(second, again, &error);
	g_assert_no_error(error);
	jp_search_check(second, &error);
	g_assert_no_error(error);
	other = write_line(second);
	g_assert_cmpstr(first, ==, other);
	g_assert_true(jp_matcher_add(m, second, &error));
	return 0;
}
