/*
 * robots.txt: the first line is a path, the rest the file.  What is read and written again says the
 * same, of that path and of the file's own first bytes taken as one.
 */
#include <stdint.h>
#include <string.h>

#include "http/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	const char *end = len > 0 ? memchr(text, '\n', len) : NULL;
	gsize n = end ? (gsize)(end - text) : len;
	g_autofree char *rest = g_strndup(text, n);
	g_autofree char *path = g_strconcat("/", rest, NULL);
	const char *file = end ? end + 1 : "";
	gsize file_len = end ? len - n - 1 : 0;
	g_autoptr(jp_robots) one = jp_robots_parse(file, file_len, JP_AGENT_TOKEN);
	g_autofree char *written = jp_robots_write(one);
	g_autoptr(jp_robots) two = jp_robots_parse(written, strlen(written), JP_AGENT_TOKEN);
	g_autofree char *again = jp_robots_write(two);

	if (strlen(written) < 256 * JP_KIB) {
		g_assert_cmpstr(written, ==, again);
		g_assert_cmpint(jp_robots_allows(one, path), ==, jp_robots_allows(two, path));
	}
	g_assert_cmpint(jp_robots_delay(one), <=, JP_MINUTE);
	g_assert_true(jp_robots_allows(one, "/robots.txt"));
	return 0;
}
