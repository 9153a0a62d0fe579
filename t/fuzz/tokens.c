/* Fuzzes jp_tokens_parse and jp_text_fold.  Oracle: tokens are in order and inside the text, their
 * hashes are right; read again, one by one or joined by blanks, they are the same, and so they are
 * with apostrophes inside, which the quick reading of plain words leaves to the thorough one;
 * folding twice is folding once. */
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_places(const jp_tokens *t, size_t len)
{
	guint32 end = 0;

	g_assert_cmpuint(t->n, <=, JP_MAX_TOKENS);
	for (guint i = 0; i < t->n; i++) {
		const jp_token *token = &t->items[i];

		g_assert_cmpuint(token->start, >=, end);
		g_assert_cmpuint(token->len, >, 0);
		end = token->start + token->len;
		g_assert_cmpuint(end, <=, len);
		g_assert_cmpstr(jp_tokens_at(t, i), !=, "");
		g_assert_cmpuint(token->hash, ==, jp_token_hash(jp_tokens_at(t, i)));
		g_assert_true(g_utf8_validate(jp_tokens_at(t, i), -1, NULL));
	}
}

static void
check_thorough(const jp_tokens *t, const char *data, size_t len)
{
	g_autoptr(GString) text = g_string_sized_new(2 * len);
	g_auto(jp_tokens) again = JP_TOKENS_INIT;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && g_ascii_isalnum(data[i - 1]) && g_ascii_isalnum(data[i]))
			g_string_append_c(text, '\'');
		g_string_append_c(text, data[i]);
		if (i + 4 <= len && g_ascii_strncasecmp(data + i, ".net", 4) == 0)
			return; /* no such name with apostrophes */
	}
	jp_tokens_parse(&again, text->str, (gssize)text->len);
	g_assert_cmpuint(again.n, ==, t->n);
	for (guint i = 0; i < t->n; i++)
		g_assert_cmpstr(jp_tokens_at(&again, i), ==, jp_tokens_at(t, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	g_auto(jp_tokens) again = JP_TOKENS_INIT;
	g_autoptr(GString) joined = g_string_new(NULL);
	g_autofree char *text = g_strndup((const char *)data, len);
	g_autofree char *folded = jp_text_fold(text), *twice = jp_text_fold(folded);

	g_assert_true(g_utf8_validate(folded, -1, NULL));
	g_assert_cmpstr(folded, ==, twice);
	jp_tokens_parse(&t, (const char *)data, (gssize)len);
	check_places(&t, len);
	check_thorough(&t, (const char *)data, len);
	for (guint i = 0; i < t.n; i++)
		g_string_append_printf(joined, "%s ", jp_tokens_at(&t, i));
	jp_tokens_parse(&again, joined->str, -1);
	g_assert_cmpuint(again.n, ==, t.n);
	for (guint i = 0; i < t.n; i++)
		g_assert_cmpstr(jp_tokens_at(&again, i), ==, jp_tokens_at(&t, i));
	(void)jp_language_guess(text);
	return 0;
}
