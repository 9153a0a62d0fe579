/*
 * Fuzzes the head of a response.  Oracle: what is recorded of an accepted head is accepted again
 * with the same status and the same values, and recording that changes nothing; no value can break
 * out of its line; no cookie is kept.
 */
#include "http/internal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_value(const char *first, const char *second)
{
	if (first)
		for (const char *p = first; *p; p++)
			g_assert_true(*p != '\r' && *p != '\n' && *p != 0x1b);
	g_assert_cmpstr(first, ==, second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	g_autoptr(GError) error = NULL;
	g_autofree char *once = jp_head_write(text, len);
	g_autofree char *twice = jp_head_write(once, strlen(once));
	g_autofree char *folded = g_ascii_strdown(once, -1);
	jp_head a = {0}, b = {0};

	if (!jp_head_parse(&a, text, len, &error)) {
		g_assert_nonnull(error);
		g_assert_cmpstr(once, ==, "\r\n");
		return 0;
	}
	g_assert_cmpuint(a.len, <=, len);
	g_assert_true(jp_head_parse(&b, once, strlen(once), NULL));
	g_assert_cmpint(a.status, ==, b.status);
	g_assert_cmpuint(b.len, ==, strlen(once));
	check_value(a.content_type, b.content_type);
	check_value(a.etag, b.etag);
	check_value(a.last_modified, b.last_modified);
	check_value(a.retry_after, b.retry_after);
	g_assert_cmpstr(once, ==, twice);
	g_assert_null(strstr(folded, "\nset-cookie:"));
	g_assert_null(strstr(folded, "\ncontent-length:"));
	jp_head_clear(&a);
	jp_head_clear(&b);
	return 0;
}
