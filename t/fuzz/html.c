/* Fuzzes jp_html_to_text.  Oracle: the result is clean text within its bound, and escaped as HTML
 * it reads as itself; what is cut is the beginning of what is not. */
#include <stdint.h>
#include <string.h>

#include "text/text.h"

#define BOUND 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_clean(const char *text)
{
	g_autofree char *clean = jp_text_clean(text, -1, 0, TRUE);

	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_assert_true(c == '\n' || (c >= 0x20 && c != 0x7f && (c < 0x80 || c >= 0xa0)));
	}
	g_assert_cmpstr(clean, ==, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autofree char *text = jp_html_to_text((const char *)data, (gssize)len, 0);
	g_autofree char *cut = jp_html_to_text((const char *)data, (gssize)len, BOUND);
	g_autofree char *escaped = jp_html_escape(text);
	g_autofree char *again = jp_html_to_text(escaped, -1, 0);

	check_clean(text);
	g_assert_cmpstr(again, ==, text);
	g_assert_cmpuint(strlen(cut), <=, BOUND);
	g_assert_true(g_utf8_validate(cut, -1, NULL));
	(void)jp_html_looks_like((const char *)data, len);
	return 0;
}
