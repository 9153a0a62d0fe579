/* Fuzzes jp_tokens_parse and jp_text_fold.  Oracle: tokens are in order and inside the text; read
 * again, one by one or joined by blanks, they are the same; folding twice is folding once. */
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_places(const jp_tokens *t, size_t len)
{
	guint32 end = 0;

	g_assert_cmpuint(t->items->len, <=, JP_MAX_TOKENS);
	for (guint i = 0; i < t->items->len; i++) {
		const jp_token *token = &g_array_index(t->items, jp_token, i);

		g_assert_cmpuint(token->start, >=, end);
		g_assert_cmpuint(token->len, >, 0);
		end = token->start + token->len;
		g_assert_cmpuint(end, <=, len);
		g_assert_cmpstr(jp_tokens_at(t, i), !=, "");
		g_assert_true(g_utf8_validate(jp_tokens_at(t, i), -1, NULL));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(jp_tokens) t = jp_tokens_new(), again = jp_tokens_new();
	g_autoptr(GString) joined = g_string_new(NULL);
	g_autofree char *text = g_strndup((const char *)data, len);
	g_autofree char *folded = jp_text_fold(text), *twice = jp_text_fold(folded);

	g_assert_true(g_utf8_validate(folded, -1, NULL));
	g_assert_cmpstr(folded, ==, twice);
	jp_tokens_parse(t, (const char *)data, (gssize)len);
	check_places(t, len);
	for (guint i = 0; i < t->items->len; i++)
		g_string_append_printf(joined, "%s ", jp_tokens_at(t, i));
	jp_tokens_parse(again, joined->str, -1);
	g_assert_cmpuint(again->items->len, ==, t->items->len);
	for (guint i = 0; i < t->items->len; i++)
		g_assert_cmpstr(jp_tokens_at(again, i), ==, jp_tokens_at(t, i));
	(void)jp_language_guess(text);
	return 0;
}
