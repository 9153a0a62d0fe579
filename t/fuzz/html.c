/*
 * Fuzzes jp_html_to_text.  Oracle: the result is clean text within its bound, and escaped as HTML
 * it reads as itself; what is tame reads the same through libxml2, which a comment before it sees
 * to, both the input and well nested markup that the input chooses.
 */
#include <stdint.h>
#include <string.h>

#include "text/internal.h"

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

/* ---- two readers, one text ------------------------------------------------------------------ */

static void
ignore_name(gpointer data, const char *name)
{
	(void)data, (void)name;
}

static void
check_readers_agree(const char *html, gsize len)
{
	jp_sink sink;
	const jp_tame tame = {&sink, ignore_name, ignore_name, NULL};
	g_autofree char *fast = NULL, *slow = NULL, *ignored = NULL;
	g_autoptr(GString) commented = NULL;
	gboolean is_tame;

	/* a text without a tag keeps its lines, which is another matter */
	if (!memchr(html, '<', len))
		return;
	jp_sink_init(&sink, len, 0);
	is_tame = jp_tame_read(&tame, html, len);
	ignored = jp_sink_end(&sink);
	if (!is_tame)
		return;
	fast = jp_html_to_text(html, (gssize)len, 0);
	commented = g_string_new("<!-- -->");
	g_string_append_len(commented, html, (gssize)len);
	slow = jp_html_to_text(commented->str, (gssize)commented->len, 0);
	if (strcmp(fast, slow) != 0)
		g_error("\"%.*s\" reads as \"%s\" and as \"%s\"", (int)len, html, fast, slow);
}

/* Well nested markup of what the bytes choose. */
static GString *
nested(const uint8_t *data, size_t len)
{
	static const char *const names[] = {"p", "li", "strong", "span", "ul", "em", "b", "div",
	    "a", "h3", "h1", "i", "u", "ol", "code", "sup", "h6"};
	static const char *const bits[] = {"word", " ", "two words ", "\n", " \t\n ", "&amp;",
	    "&nbsp;", "&#8217;", "&eacute;", "&lt;p&gt;", "\303\274ber", "\302\240", "e\314\201",
	    "<br>", "<br/>", "<br />", "- ", "\342\200\250", "\342\200\213", "&#x2014;", ".",
	    "\r\n", "<hr>", "<hr/>", "</a>", "</em>", "\360\237\217\256", "&#127982;", "&apos;"};
	GString *html = g_string_new(NULL);
	const char *open[64];
	guint depth = 0;

	for (size_t i = 0; i < len && i < 400; i++) {
		uint8_t b = data[i];

		if (b < 96 && depth < 20) {
			open[depth++] = names[b % G_N_ELEMENTS(names)];
			g_string_append_printf(
			    html, b & 64 ? "<%s class=\"x y\">" : "<%s>", open[depth - 1]);
		} else if (b < 160 && depth > 0) {
			g_string_append_printf(html, "</%s>", open[--depth]);
		} else {
			g_string_append(html, bits[b % G_N_ELEMENTS(bits)]);
		}
	}
	while (depth > 0)
		g_string_append_printf(html, "</%s>", open[--depth]);
	return html;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GString) markup = nested(data, len);
	g_autofree char *text = jp_html_to_text((const char *)data, (gssize)len, 0);
	g_autofree char *cut = jp_html_to_text((const char *)data, (gssize)len, BOUND);
	g_autofree char *escaped = jp_html_escape(text);
	g_autofree char *again = jp_html_to_text(escaped, -1, 0);

	check_readers_agree((const char *)data, len);
	check_readers_agree(markup->str, markup->len);
	/* what begins so is nearly always tame */
	for (size_t i = 0; i + 6 < len && i < 60; i += 6) {
		g_autoptr(GString) few = nested(data + i, 6);

		check_readers_agree(few->str, few->len);
	}
	check_clean(text);
	g_assert_cmpstr(again, ==, text);
	g_assert_cmpuint(strlen(cut), <=, BOUND);
	g_assert_true(g_utf8_validate(cut, -1, NULL));
	(void)jp_html_looks_like((const char *)data, len);
	return 0;
}
