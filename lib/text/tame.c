/*
 * Markup that needs no forgiving, read without libxml2 and some ten times as fast: elements of a
 * short list, each where HTML lets it stand and each ended by its own end tag, attributes whose
 * values are in quotes, entities with a semicolon, valid UTF-8.  Descriptions are mostly of that
 * kind.  Where anything else stands the reader says so at once, and the text is libxml2's; that
 * both agree on what is tame is tested by fuzzing (t/fuzz/html.c).
 */
#include "text/internal.h"

/* Elements in elements; deeper markup is for the other parser. */
#define MAX_DEPTH 48
/* Longest name in the table. */
#define MAX_NAME 10

/* What an element may stand in: blocks in blocks, text-level elements in all, items in lists. */
typedef enum kind {
	BLOCK, /* div, section: holds anything */
	LEAF,  /* p, h1: holds text-level elements */
	LIST,  /* ul, ol: holds items */
	ITEM,
	SPAN, /* text-level */
	LINK, /* a: not in itself */
	VOID, /* br */
	RULE  /* hr */
} kind;

static const struct element {
	const char *name;
	kind kind;
} elements[] = {{"p", LEAF}, {"li", ITEM}, {"strong", SPAN}, {"br", VOID}, {"span", SPAN},
    {"ul", LIST}, {"em", SPAN}, {"b", SPAN}, {"div", BLOCK}, {"a", LINK}, {"h3", LEAF},
    {"h2", LEAF}, {"h1", LEAF}, {"h4", LEAF}, {"h5", LEAF}, {"h6", LEAF}, {"i", SPAN}, {"u", SPAN},
    {"ol", LIST}, {"code", SPAN}, {"sup", SPAN}, {"sub", SPAN}, {"hr", RULE}};

struct reader {
	const jp_tame *tame;
	const char *p, *end;
	const struct element *open[MAX_DEPTH];
	guint depth, links;
};

/* ---- names ---------------------------------------------------------------------------------- */

/* The element whose name begins at p, its length in *len; NULL: none that is tame. */
static const struct element *
element_at(const char *p, const char *end, gsize *len)
{
	gsize n = 0;

	while (p + n < end && n <= MAX_NAME && g_ascii_isalnum(p[n]))
		n++;
	*len = n;
	for (guint i = 0; n > 0 && i < G_N_ELEMENTS(elements); i++)
		if (elements[i].name[0] == *p && strlen(elements[i].name) == n &&
		    memcmp(elements[i].name, p, n) == 0)
			return &elements[i];
	return NULL;
}

/* Whether HTML lets an element of the one kind stand directly in the other. */
static gboolean
may_stand(kind inner, const struct element *outer)
{
	kind holder = outer ? outer->kind : BLOCK;

	switch (inner) {
	case BLOCK:
	case LEAF:
	case LIST:
	case RULE:
		return holder == BLOCK || holder == ITEM;
	case ITEM:
		return holder == LIST;
	case SPAN:
	case LINK:
	case VOID:
		return holder != LIST;
	}
	return FALSE;
}

/* ---- attributes ----------------------------------------------------------------------------- */

static gboolean
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
}

/* ="value", in quotes of either kind and without markup. */
static gboolean
skip_value(struct reader *r)
{
	const char *close;
	char quote;

	if (r->p == r->end || *r->p != '=')
		return FALSE;
	r->p++;
	if (r->p == r->end || (*r->p != '"' && *r->p != '\''))
		return FALSE;
	quote = *r->p++;
	close = memchr(r->p, quote, (gsize)(r->end - r->p));
	if (!close || memchr(r->p, '<', (gsize)(close - r->p)) ||
	    memchr(r->p, '>', (gsize)(close - r->p)))
		return FALSE;
	r->p = close + 1;
	return TRUE;
}

/* To behind the tag's ">"; each attribute is name="value". */
static gboolean
skip_attributes(struct reader *r, gboolean is_void)
{
	for (;;) {
		const char *before = r->p, *name;

		skip_blanks(r);
		if (r->p == r->end)
			return FALSE;
		if (*r->p == '>') {
			r->p++;
			return TRUE;
		}
		if (is_void && *r->p == '/' && r->p + 1 < r->end && r->p[1] == '>') {
			r->p += 2;
			return TRUE;
		}
		if (r->p == before)
			return FALSE; /* no blank before the name */
		name = r->p;
		while (r->p < r->end && (g_ascii_isalnum(*r->p) || *r->p == '-'))
			r->p++;
		if (r->p == name || !g_ascii_isalpha(*name) || !skip_value(r))
			return FALSE;
	}
}

/* ---- tags ----------------------------------------------------------------------------------- */

static gboolean
is_open(const struct reader *r, const struct element *e)
{
	for (guint i = 0; i < r->depth; i++)
		if (r->open[i] == e)
			return TRUE;
	return FALSE;
}

/* The end of the innermost element, or of a text-level one that never began: all pass over it. */
static gboolean
read_end(struct reader *r)
{
	gsize len;
	const struct element *e;
	gboolean is_stray;

	r->p++;
	e = element_at(r->p, r->end, &len);
	if (!e)
		return FALSE;
	is_stray = (e->kind == SPAN || e->kind == LINK) && !is_open(r, e);
	if (!is_stray && (r->depth == 0 || r->open[r->depth - 1] != e))
		return FALSE;
	r->p += len;
	skip_blanks(r);
	if (r->p == r->end || *r->p != '>')
		return FALSE;
	r->p++;
	if (is_stray)
		return TRUE;
	r->depth--;
	r->links -= e->kind == LINK;
	r->tame->end(r->tame->data, e->name);
	return TRUE;
}

static gboolean
read_start(struct reader *r)
{
	gsize len;
	const struct element *e = element_at(r->p, r->end, &len);
	gboolean is_void;

	if (!e || !may_stand(e->kind, r->depth ? r->open[r->depth - 1] : NULL) ||
	    (e->kind == LINK && r->links > 0) || r->depth == MAX_DEPTH)
		return FALSE;
	r->p += len;
	is_void = e->kind == VOID || e->kind == RULE;
	if (!skip_attributes(r, is_void))
		return FALSE;
	r->tame->start(r->tame->data, e->name);
	if (is_void) {
		r->tame->end(r->tame->data, e->name);
		return TRUE;
	}
	r->open[r->depth++] = e;
	r->links += e->kind == LINK;
	return TRUE;
}

/* ---- text ----------------------------------------------------------------------------------- */

/* Both parsers take the character as it is; what is no character at all is beyond the last. */
static gboolean
is_taken(gunichar c)
{
	return c <= 0x10ffff && (c < 0xfffd || c > 0xffff);
}

/* A closed entity of a character that both parsers take as it is. */
static gboolean
read_entity(struct reader *r)
{
	char bytes[6];
	gunichar c = 0;
	gsize took = jp_html_entity(r->p + 1, r->end, &c);

	if (took == 0 || r->p[took] != ';' || c < ' ' || (c >= 0x7f && c < 0xa0) || !is_taken(c))
		return FALSE;
	jp_sink_text(r->tame->sink, bytes, (gsize)g_unichar_to_utf8(c, bytes), FALSE);
	r->p += took + 1;
	return TRUE;
}

/* A character of several bytes that is valid and no noncharacter. */
static gboolean
skip_high(struct reader *r)
{
	gunichar c = g_utf8_get_char_validated(r->p, r->end - r->p);

	if (c < 0xa0 || !is_taken(c))
		return FALSE;
	r->p = g_utf8_next_char(r->p);
	return TRUE;
}

/* One byte that is no word, or a character of several. */
static gboolean
read_other(struct reader *r)
{
	const char *from = r->p;

	if (*r->p & 0x80) {
		if (!skip_high(r))
			return FALSE;
	} else if (is_blank(*r->p)) {
		r->p++;
	} else {
		return FALSE;
	}
	jp_sink_text(r->tame->sink, from, (gsize)(r->p - from), FALSE);
	return TRUE;
}

static gboolean
read_text(struct reader *r)
{
	while (r->p < r->end && *r->p != '<' && *r->p != '&') {
		const char *from = r->p;

		r->p = jp_sink_words(r->tame->sink, from, r->end);
		if (r->p == from && !read_other(r))
			return FALSE;
	}
	return TRUE;
}

gboolean
jp_tame_read(const jp_tame *t, const char *html, gsize len)
{
	struct reader r = {.tame = t, .p = html, .end = html + len};

	while (r.p < r.end) {
		gboolean ok;

		if (*r.p == '&')
			ok = read_entity(&r);
		else if (*r.p != '<')
			ok = read_text(&r);
		else if (++r.p < r.end && *r.p == '/')
			ok = read_end(&r);
		else
			ok = r.p < r.end && read_start(&r);
		if (!ok)
			return FALSE;
	}
	return r.depth == 0;
}
