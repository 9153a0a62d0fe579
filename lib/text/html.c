/*
 * HTML to readable text, through libxml2's forgiving parser: its events are poured into a sink, no
 * tree is built, nothing is loaded.  What is too deep or too long is cut, never refused.
 */
#include <libxml/HTMLparser.h>
#include <string.h>

#include "base/limits.h"
#include "text/internal.h"

/* Markup read for one text: several times what is kept of it. */
#define MAX_MARKUP (4 * JP_MAX_DESCRIPTION)

/* ---- elements -------------------------------------------------------------------------------- */

enum element {
	INLINE,
	LINE,      /* a line of its own: div, tr, dd */
	PARAGRAPH, /* a blank line around: p, h1, ul */
	ITEM,
	LIST,
	CELL,
	BREAK,
	PRE,
	HIDDEN, /* scripts, styles, what a browser does not show */
};

static enum element
element_of(const char *name)
{
	static const struct {
		const char *name;
		enum element kind;
	} table[] = {{"p", PARAGRAPH}, {"li", ITEM}, {"br", BREAK}, {"div", LINE}, {"ul", LIST},
	    {"ol", LIST}, {"h1", PARAGRAPH}, {"h2", PARAGRAPH}, {"h3", PARAGRAPH},
	    {"h4", PARAGRAPH}, {"h5", PARAGRAPH}, {"h6", PARAGRAPH}, {"tr", LINE}, {"td", CELL},
	    {"th", CELL}, {"pre", PRE}, {"textarea", HIDDEN}, {"script", HIDDEN}, {"style", HIDDEN},
	    {"title", HIDDEN}, {"noscript", HIDDEN}, {"template", HIDDEN}, {"iframe", HIDDEN},
	    {"object", HIDDEN}, {"svg", HIDDEN}, {"head", HIDDEN}, {"select", HIDDEN},
	    {"table", PARAGRAPH}, {"blockquote", PARAGRAPH}, {"section", PARAGRAPH},
	    {"article", PARAGRAPH}, {"header", PARAGRAPH}, {"footer", PARAGRAPH},
	    {"nav", PARAGRAPH}, {"aside", PARAGRAPH}, {"main", PARAGRAPH}, {"figure", PARAGRAPH},
	    {"address", PARAGRAPH}, {"form", PARAGRAPH}, {"fieldset", PARAGRAPH}, {"dl", PARAGRAPH},
	    {"hr", PARAGRAPH}, {"dt", LINE}, {"dd", LINE}, {"center", LINE}, {"caption", LINE},
	    {"figcaption", LINE}, {"summary", LINE}, {"details", LINE}, {"menu", LIST},
	    {"dir", LIST}};

	/* Two letters tell nearly all inline elements apart before a comparison is made. */
	for (guint i = 0; i < G_N_ELEMENTS(table); i++)
		if (table[i].name[0] == name[0] && strcmp(table[i].name, name) == 0)
			return table[i].kind;
	return INLINE;
}

struct reading {
	jp_sink sink;
	htmlParserCtxtPtr parser;
	guint depth, lists, hidden, pre;
};

static void
block(struct reading *r, guint newlines)
{
	/* Right after an item's dash a block starts no new line; inside lists none is blank. */
	if (!r->sink.prefix)
		jp_sink_break(&r->sink, r->lists && newlines > 1 ? 1 : newlines);
}

static void
on_start(void *data, const xmlChar *name, const xmlChar **attributes)
{
	struct reading *r = data;

	(void)attributes;
	if (++r->depth > JP_MAX_HTML_DEPTH || r->sink.full) {
		if (r->parser)
			xmlStopParser(r->parser);
		return;
	}
	switch (element_of((const char *)name)) {
	case INLINE:
		break;
	case HIDDEN:
		r->hidden++;
		break;
	case BREAK:
		/* Two in a row are how a blank line is written. */
		if (!r->sink.prefix)
			r->sink.newlines = MIN(r->sink.newlines + 1, 2);
		break;
	case LINE:
		block(r, 1);
		break;
	case PRE:
		r->pre++;
		block(r, 2);
		break;
	case PARAGRAPH:
		block(r, 2);
		break;
	case LIST:
		block(r, 2);
		r->lists++;
		break;
	case ITEM:
		jp_sink_break(&r->sink, 1);
		r->sink.prefix = "- ";
		break;
	case CELL:
		r->sink.blank = TRUE;
		break;
	}
}

static void
on_end(void *data, const xmlChar *name)
{
	struct reading *r = data;

	if (r->depth > 0)
		r->depth--;
	switch (element_of((const char *)name)) {
	case INLINE:
	case BREAK:
		break;
	case HIDDEN:
		if (r->hidden > 0)
			r->hidden--;
		break;
	case LINE:
		block(r, 1);
		break;
	case PRE:
		if (r->pre > 0)
			r->pre--;
		block(r, 2);
		break;
	case PARAGRAPH:
		block(r, 2);
		break;
	case LIST:
		if (r->lists > 0)
			r->lists--;
		r->sink.prefix = NULL;
		block(r, 2);
		break;
	case ITEM:
		r->sink.prefix = NULL; /* an empty item leaves no dash */
		jp_sink_break(&r->sink, 1);
		break;
	case CELL:
		r->sink.blank = TRUE;
		break;
	}
}

static void
on_text(void *data, const xmlChar *text, int len)
{
	struct reading *r = data;

	if (!r->hidden)
		jp_sink_text(&r->sink, (const char *)text, (gsize)len, r->pre > 0);
}

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * The markup as the parser needs it: valid UTF-8 without NUL, inside an element, because the parser
 * begins a paragraph at each text that stands outside of one.  Free with g_string_free.
 */
static GString *
prepared(const char *html, gsize len)
{
	GString *s = g_string_sized_new(len + 16);

	g_string_append(s, "<div>");
	g_string_append_len(s, html, (gssize)len);
	for (gsize i = 0; (i += strlen(s->str + i)) < s->len;)
		s->str[i] = ' ';
	if (!g_utf8_validate(s->str, (gssize)s->len, NULL)) {
		g_autofree char *valid = g_utf8_make_valid(s->str, (gssize)s->len);

		g_string_assign(s, valid);
	}
	return s;
}

static char *
parse_markup(const char *html, gsize len, gsize max)
{
	struct reading r = {.depth = 0};
	GString *markup = prepared(html, len);

	r.parser = htmlNewParserCtxt();
	if (!r.parser)
		g_error("html: out of memory");
	memset(r.parser->sax, 0, sizeof(*r.parser->sax));
	r.parser->sax->startElement = on_start;
	r.parser->sax->endElement = on_end;
	r.parser->sax->characters = on_text;
	r.parser->sax->ignorableWhitespace = on_text;
	r.parser->sax->cdataBlock = on_text;
	r.parser->userData = &r;
	jp_sink_init(&r.sink, len, max);
	r.sink.is_cp1252 = TRUE;
	(void)htmlCtxtReadMemory(r.parser, markup->str, (int)markup->len, NULL, "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
		HTML_PARSE_NOIMPLIED | HTML_PARSE_IGNORE_ENC | HTML_PARSE_COMPACT);
	/* No tree was built, so there is none to free. */
	htmlFreeParserCtxt(r.parser);
	g_string_free(markup, TRUE);
	return jp_sink_end(&r.sink);
}

static void
tame_start(gpointer data, const char *name)
{
	on_start(data, (const xmlChar *)name, NULL);
}

static void
tame_end(gpointer data, const char *name)
{
	on_end(data, (const xmlChar *)name);
}

/* Most markup needs no forgiving; NULL when this does. */
static char *
read_tame(const char *html, gsize len, gsize max)
{
	struct reading r = {.depth = 1}; /* as inside the parser's element */
	const jp_tame tame = {&r.sink, tame_start, tame_end, &r};
	g_autofree char *text = NULL;
	gboolean ok;

	jp_sink_init(&r.sink, len, max);
	r.sink.is_cp1252 = TRUE;
	ok = jp_tame_read(&tame, html, len);
	text = jp_sink_end(&r.sink);
	return ok ? g_steal_pointer(&text) : NULL;
}

/* TRUE when some '<' starts a tag, a comment or a declaration. */
static gboolean
has_tags(const char *text, gsize len)
{
	const char *p = text, *end = text + len;

	while ((p = memchr(p, '<', (gsize)(end - p))) != NULL) {
		if (++p < end && (g_ascii_isalpha(*p) || *p == '/' || *p == '!' || *p == '?'))
			return TRUE;
	}
	return FALSE;
}

char *
jp_html_to_text(const char *html, gssize len, gsize max)
{
	gsize n = !html ? 0 : len < 0 ? strlen(html) : (gsize)len;
	g_autofree char *decoded = NULL;

	if (n > MAX_MARKUP)
		n = MAX_MARKUP;
	if (has_tags(html ? html : "", n)) {
		char *text = read_tame(html, n, max);

		return text ? text : parse_markup(html, n, max);
	}
	if (n == 0 || !memchr(html, '&', n))
		return jp_text_clean(html, (gssize)n, max, TRUE);
	decoded = jp_html_decode(html, (gssize)n);
	return jp_text_clean(decoded, -1, max, TRUE);
}

/* ---- entities ------------------------------------------------------------------------ */

/* Numbers 128 to 159 are meant as CP1252, as browsers read them. */
static gunichar
number_meant(gulong n)
{
	if (n >= 0x80 && n < 0xa0)
		return jp_cp1252_char((guchar)n);
	return n == 0 || n > 0x10ffff || (n >= 0xd800 && n < 0xe000) ? 0xfffd : (gunichar)n;
}

/* Reads "#38;" or "#x26;" after the ampersand; gives the bytes it took, 0 for none. */
static gsize
numeric_entity(const char *p, const char *end, gunichar *c)
{
	gboolean hex = end - p > 2 && (p[1] == 'x' || p[1] == 'X');
	const char *digits = p + (hex ? 2 : 1), *q = digits;
	gulong n = 0;

	for (; q < end && (hex ? g_ascii_isxdigit(*q) : g_ascii_isdigit(*q)); q++)
		n = MIN(n * (hex ? 16 : 10) + (gulong)g_ascii_xdigit_value(*q), 0x110000);
	if (q == digits)
		return 0;
	*c = number_meant(n);
	return (gsize)(q - p) + (q < end && *q == ';' ? 1 : 0);
}

/* Reads "amp;" after the ampersand; the semicolon may be missing only after the oldest names. */
static gsize
named_entity(const char *p, const char *end, gunichar *c)
{
	const htmlEntityDesc *entity;
	char name[12];
	gsize n = 0;
	gboolean closed;

	while (p + n < end && n < sizeof(name) - 1 && g_ascii_isalnum(p[n])) {
		name[n] = p[n];
		n++;
	}
	name[n] = '\0';
	closed = p + n < end && p[n] == ';';
	if (strcmp(name, "apos") == 0)
		*c = '\'';
	else if ((entity = htmlEntityLookup((const xmlChar *)name)) != NULL)
		*c = entity->value;
	else
		return 0;
	if (!closed && strcmp(name, "amp") != 0 && strcmp(name, "lt") != 0 &&
	    strcmp(name, "gt") != 0 && strcmp(name, "nbsp") != 0 && strcmp(name, "quot") != 0)
		return 0;
	return n + (closed ? 1 : 0);
}

/* The names that nearly all named entities have; libxml2 looks through a list of 253. */
static gsize
common_entity(const char *p, const char *end, gunichar *c)
{
	static const struct {
		const char *name;
		guint len;
		gunichar c;
	} table[] = {{"lt;", 3, '<'}, {"gt;", 3, '>'}, {"amp;", 4, '&'}, {"quot;", 5, '"'},
	    {"nbsp;", 5, 0xa0}};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++)
		if (p < end && *p == table[i].name[0] && (gsize)(end - p) >= table[i].len &&
		    memcmp(p, table[i].name, table[i].len) == 0) {
			*c = table[i].c;
			return table[i].len;
		}
	return 0;
}

gsize
jp_html_entity(const char *p, const char *end, gunichar *c)
{
	gsize common = common_entity(p, end, c);

	if (common)
		return common;
	return p < end && *p == '#' ? numeric_entity(p, end, c) : named_entity(p, end, c);
}

char *
jp_html_decode(const char *text, gssize len)
{
	gsize n = len < 0 ? strlen(text) : (gsize)len;
	char *out = g_malloc(n + 1), *to = out; /* no entity is shorter than its character */
	const char *p = text, *end = text + n;

	while (p < end) {
		const char *amp = memchr(p, '&', (gsize)(end - p));
		gsize run = (gsize)((amp ? amp : end) - p), took;
		gunichar c = 0;

		memcpy(to, p, run);
		to += run;
		if (!amp)
			break;
		p = amp + 1;
		took = jp_html_entity(p, end, &c);
		if (took)
			to += g_unichar_to_utf8(c, to);
		else
			*to++ = '&';
		p += took;
	}
	*to = '\0';
	return out;
}

gboolean
jp_html_looks_like(const char *body, gsize len)
{
	static const char *const starts[] = {"<!doctype html", "<html", "<head", "<body", "<!--"};
	gsize skip = len >= 3 && memcmp(body, "\357\273\277", 3) == 0 ? 3 : 0;

	while (skip < len && g_ascii_isspace(body[skip]))
		skip++;
	for (guint i = 0; i < G_N_ELEMENTS(starts); i++) {
		gsize n = strlen(starts[i]);

		if (len - skip >= n && g_ascii_strncasecmp(body + skip, starts[i], n) == 0)
			return TRUE;
	}
	return FALSE;
}
