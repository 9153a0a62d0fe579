/*
 * The query language of saved searches, as jp-match(1) describes it: text to a tree and back.
 *
 * A recursive descent over UTF-8, bounded by JP_MAX_QUERY (bytes), JP_MAX_QUERY_DEPTH (parentheses
 * and negations) and JP_MAX_QUERY_TERMS.  The tree is kept in one normal form, so that texts that
 * mean the same by grouping alone are equal, and what jp_query_write() gives parses to an equal
 * tree.
 */
#include "match/internal.h"

#include <string.h>

struct parser {
	const char *text, *p;
	guint depth, n_terms;
	GError **error;
};

/* ---- nodes ------------------------------------------------------------------------------ */

static void
node_free(gpointer data)
{
	jp_node *n = data;

	if (!n)
		return;
	g_strfreev(n->words);
	g_free(n->shown);
	if (n->children)
		g_ptr_array_unref(n->children);
	g_free(n);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_node, node_free)

static jp_node *
node_new(jp_node_kind kind)
{
	jp_node *n = g_new0(jp_node, 1);

	n->kind = kind;
	if (kind != JP_NODE_TERM)
		n->children = g_ptr_array_new_with_free_func(node_free);
	return n;
}

/* Adds a child (takes it); a child of the same kind gives its children instead. */
static void
node_add(jp_node *n, jp_node *child)
{
	if (child->kind != n->kind) {
		g_ptr_array_add(n->children, child);
		return;
	}
	g_ptr_array_extend_and_steal(n->children, g_steal_pointer(&child->children));
	node_free(child);
}

/* An AND or OR of one thing is that thing.  Takes n. */
static jp_node *
node_collapse(jp_node *n)
{
	jp_node *only;

	if (n->children->len != 1)
		return n;
	only = g_ptr_array_steal_index(n->children, 0);
	node_free(n);
	return only;
}

/* Takes child. */
static jp_node *
node_negate(jp_node *child)
{
	jp_node *n;

	if (child->kind == JP_NODE_NOT) {
		n = g_ptr_array_steal_index(child->children, 0);
		node_free(child);
		return n;
	}
	n = node_new(JP_NODE_NOT);
	g_ptr_array_add(n->children, child);
	return n;
}

void
jp_query_free(jp_query *q)
{
	if (!q)
		return;
	node_free(q->root);
	g_free(q);
}

/* ---- the parts of the text -------------------------------------------------------------- */

static void fail(const struct parser *ps, const char *at, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

static void
fail(const struct parser *ps, const char *at, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(ps->error, JP_ERROR, JP_ERROR_DATA, "query, column %ld: %s",
	    g_utf8_pointer_to_offset(ps->text, at) + 1, what);
}

static gboolean
is_blank_at(const char *p)
{
	return g_unichar_isspace(g_utf8_get_char(p)) || (guchar)*p <= ' ';
}

/* Length of a quotation mark at p: ASCII's and those that word processors make of it. */
static gsize
quote_at(const char *p)
{
	gunichar c = g_utf8_get_char(p);

	if (c == '"')
		return 1;
	return c == 0x201c || c == 0x201d || c == 0x201e ? 3 : 0;
}

/* The character after the one at p; g_utf8_next_char() for const. */
static const char *
after(const char *p)
{
	return p + g_utf8_skip[(guchar)*p];
}

static gboolean
ends_word(const char *p)
{
	return !*p || is_blank_at(p) || strchr("()|", *p) || quote_at(p);
}

static void
skip_blanks(struct parser *ps)
{
	while (*ps->p && is_blank_at(ps->p))
		ps->p = after(ps->p);
}

/* TRUE when the upper-case word stands at p, alone. */
static gboolean
is_operator(const char *p, const char *word)
{
	gsize n = strlen(word);

	return strncmp(p, word, n) == 0 && ends_word(p + n);
}

/* Length of the operator at p, 0 when it is another one or none. */
static gsize
or_at(const char *p)
{
	if (*p == '|')
		return p[1] == '|' ? 2 : 1;
	return is_operator(p, "OR") ? 2 : 0;
}

static gsize
and_at(const char *p)
{
	if (*p == '&')
		return p[1] == '&' ? 2 : 1;
	return is_operator(p, "AND") ? 3 : 0;
}

char **
jp_words_of(const char *text)
{
	g_auto(jp_tokens) tokens = JP_TOKENS_INIT;
	char **words;

	jp_tokens_parse(&tokens, text, -1);
	if (!tokens.n)
		return NULL;
	words = g_new0(char *, tokens.n + 1);
	for (guint i = 0; i < tokens.n; i++)
		words[i] = g_strdup(jp_tokens_at(&tokens, i));
	return words;
}

/* ---- the grammar ------------------------------------------------------------------------ */

static jp_node *parse_or(struct parser *ps, jp_field field);

static const struct {
	const char *name;
	jp_field field;
} prefixes[] = {
    {"title:", JP_FIELD_TITLE},
    {"company:", JP_FIELD_COMPANY},
    {"skill:", JP_FIELD_SKILL},
};

/* Reads "title:" and its like into *field; FALSE for a prefix that is none of ours. */
static gboolean
parse_prefix(struct parser *ps, jp_field *field)
{
	const char *p = ps->p;

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gsize n = strlen(prefixes[i].name);

		if (g_ascii_strncasecmp(p, prefixes[i].name, n) != 0)
			continue;
		*field = prefixes[i].field;
		ps->p += n;
		skip_blanks(ps);
		return TRUE;
	}
	while (g_ascii_isalpha(*p))
		p++;
	if (p == ps->p || *p != ':')
		return TRUE;
	fail(ps, ps->p,
	    "unknown prefix \"%.*s\" (known are title:, company:, skill:; quote it to look for the "
	    "words)",
	    (int)MIN(p + 1 - ps->p, 40), ps->p);
	return FALSE;
}

/* The bytes of a word or of a phrase's inside, NULL on an error; goes past it. */
static char *
parse_raw(struct parser *ps)
{
	const char *start = ps->p;
	gsize quote = quote_at(ps->p);
	char *raw;

	if (!quote) {
		while (!ends_word(ps->p))
			ps->p = after(ps->p);
		return g_strndup(start, (gsize)(ps->p - start));
	}
	for (ps->p += quote; *ps->p && !quote_at(ps->p);)
		ps->p = after(ps->p);
	if (!*ps->p) {
		fail(ps, start, "the quotation mark is never closed");
		return NULL;
	}
	raw = g_strndup(start + quote, (gsize)(ps->p - start) - quote);
	ps->p += quote_at(ps->p);
	return raw;
}

/* TRUE when a word or phrase can start at p; else the error says what was expected. */
static gboolean
expect_term(const struct parser *ps, const char *what)
{
	if (*ps->p && (!ends_word(ps->p) || quote_at(ps->p)) && !or_at(ps->p) && !and_at(ps->p) &&
	    !is_operator(ps->p, "NOT"))
		return TRUE;
	fail(ps, ps->p, "%s", what);
	return FALSE;
}

static jp_node *
parse_term(struct parser *ps, jp_field field)
{
	const char *start = ps->p;
	g_autoptr(jp_node) n = node_new(JP_NODE_TERM);
	g_autofree char *raw = NULL;

	n->field = field;
	if (*ps->p == '=') {
		n->is_exact = TRUE;
		ps->p++;
		if (!expect_term(ps, "expected a word or a phrase right after \"=\""))
			return NULL;
	}
	raw = parse_raw(ps);
	if (!raw)
		return NULL;
	n->words = jp_words_of(raw);
	n->shown = jp_text_clean(raw, -1, JP_MAX_NAME, FALSE);
	if (!n->words) {
		fail(ps, start, "expected a word: there is no letter or digit here");
		return NULL;
	}
	if (++ps->n_terms > JP_MAX_QUERY_TERMS) {
		fail(ps, start, "more than %d words and phrases", JP_MAX_QUERY_TERMS);
		return NULL;
	}
	return g_steal_pointer(&n);
}

static jp_node *
parse_group(struct parser *ps, jp_field field)
{
	const char *start = ps->p++;
	g_autoptr(jp_node) n = parse_or(ps, field);

	if (!n)
		return NULL;
	if (*ps->p != ')') {
		fail(ps, start, "the parenthesis is never closed");
		return NULL;
	}
	ps->p++;
	return g_steal_pointer(&n);
}

static jp_node *
parse_operand(struct parser *ps, jp_field field)
{
	if (!parse_prefix(ps, &field))
		return NULL;
	if (*ps->p == '(')
		return parse_group(ps, field);
	if (*ps->p == '-') {
		fail(ps, ps->p, "to exclude, write \"-\" before the prefix: -title:word");
		return NULL;
	}
	if (!expect_term(ps, "expected a word, a phrase or \"(\""))
		return NULL;
	return parse_term(ps, field);
}

static jp_node *
parse_unary(struct parser *ps, jp_field field)
{
	jp_node *n;

	skip_blanks(ps);
	if (ps->depth >= JP_MAX_QUERY_DEPTH) {
		fail(ps, ps->p, "nested more than %d deep", JP_MAX_QUERY_DEPTH);
		return NULL;
	}
	ps->depth++;
	if (*ps->p == '-') {
		ps->p++;
		if (!*ps->p || is_blank_at(ps->p)) {
			fail(ps, ps->p - 1,
			    "\"-\" excludes the word right after it; leave it out or close the "
			    "gap");
			n = NULL;
		} else {
			n = parse_unary(ps, field);
			n = n ? node_negate(n) : NULL;
		}
	} else if (is_operator(ps->p, "NOT")) {
		ps->p += strlen("NOT");
		n = parse_unary(ps, field);
		n = n ? node_negate(n) : NULL;
	} else {
		n = parse_operand(ps, field);
	}
	ps->depth--;
	return n;
}

static jp_node *
parse_and(struct parser *ps, jp_field field)
{
	g_autoptr(jp_node) all = node_new(JP_NODE_AND);

	for (;;) {
		jp_node *n = parse_unary(ps, field);

		if (!n)
			return NULL;
		node_add(all, n);
		skip_blanks(ps);
		if (and_at(ps->p))
			ps->p += and_at(ps->p);
		else if (!*ps->p || *ps->p == ')' || or_at(ps->p))
			break;
	}
	return node_collapse(g_steal_pointer(&all));
}

static jp_node *
parse_or(struct parser *ps, jp_field field)
{
	g_autoptr(jp_node) any = node_new(JP_NODE_OR);

	for (;;) {
		jp_node *n = parse_and(ps, field);

		if (!n)
			return NULL;
		node_add(any, n);
		if (!or_at(ps->p))
			break;
		ps->p += or_at(ps->p);
	}
	return node_collapse(g_steal_pointer(&any));
}

jp_query *
jp_query_parse(const char *text, GError **error)
{
	struct parser ps = {.text = text, .p = text, .error = error};
	g_autoptr(jp_query) q = g_new0(jp_query, 1);

	if (strlen(text) > JP_MAX_QUERY) {
		g_set_error(
		    error, JP_ERROR, JP_ERROR_DATA, "query: longer than %d bytes", JP_MAX_QUERY);
		return NULL;
	}
	if (!g_utf8_validate(text, -1, NULL)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "query: not UTF-8");
		return NULL;
	}
	skip_blanks(&ps);
	if (!*ps.p)
		return g_steal_pointer(&q);
	q->root = parse_or(&ps, JP_FIELD_TEXT);
	if (!q->root)
		return NULL;
	if (*ps.p) {
		fail(&ps, ps.p, "this parenthesis was never opened");
		return NULL;
	}
	return g_steal_pointer(&q);
}

/* ---- writing and comparing -------------------------------------------------------------- */

void
jp_words_write(GString *out, jp_field field, gboolean is_exact, const char *const *words)
{
	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (prefixes[i].field == field)
			g_string_append(out, prefixes[i].name);
	if (is_exact)
		g_string_append_c(out, '=');
	if (!words[1]) {
		g_string_append(out, words[0]);
		return;
	}
	for (guint i = 0; words[i]; i++) {
		g_string_append_c(out, i ? ' ' : '"');
		g_string_append(out, words[i]);
	}
	g_string_append_c(out, '"');
}

/* Appends the node; `within` is what it stands in, which decides about parentheses. */
static void
node_write(GString *out, const jp_node *n, jp_node_kind within)
{
	gboolean grouped = (n->kind == JP_NODE_OR && within != JP_NODE_OR) ||
	    (n->kind == JP_NODE_AND && within == JP_NODE_NOT);

	switch (n->kind) {
	case JP_NODE_TERM:
		jp_words_write(out, n->field, n->is_exact, (const char *const *)n->words);
		return;
	case JP_NODE_NOT:
		g_string_append_c(out, '-');
		node_write(out, g_ptr_array_index(n->children, 0), JP_NODE_NOT);
		return;
	case JP_NODE_AND:
	case JP_NODE_OR:
		break;
	}
	if (grouped)
		g_string_append_c(out, '(');
	for (guint i = 0; i < n->children->len; i++) {
		if (i)
			g_string_append(out, n->kind == JP_NODE_OR ? " OR " : " ");
		node_write(out, g_ptr_array_index(n->children, i), n->kind);
	}
	if (grouped)
		g_string_append_c(out, ')');
}

char *
jp_query_write(const jp_query *q)
{
	GString *out = g_string_new(NULL);

	if (q->root)
		node_write(out, q->root, JP_NODE_OR);
	return g_string_free(out, FALSE);
}

static gboolean
node_eq(const jp_node *a, const jp_node *b)
{
	if (a->kind != b->kind)
		return FALSE;
	if (a->kind == JP_NODE_TERM)
		return a->field == b->field && a->is_exact == b->is_exact &&
		    g_strv_equal((const char *const *)a->words, (const char *const *)b->words);
	if (a->children->len != b->children->len)
		return FALSE;
	for (guint i = 0; i < a->children->len; i++)
		if (!node_eq(g_ptr_array_index(a->children, i), g_ptr_array_index(b->children, i)))
			return FALSE;
	return TRUE;
}

gboolean
jp_query_eq(const jp_query *a, const jp_query *b)
{
	if (!a->root || !b->root)
		return a->root == b->root;
	return node_eq(a->root, b->root);
}
