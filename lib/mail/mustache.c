/*
 * Mustache without lambdas: the required modules of its specification (comments, delimiters,
 * interpolation, inverted sections, partials, sections).  A template becomes a flat list of nodes
 * in which a section knows where it ends; rendering walks it with a stack of contexts.  Whatever a
 * template or a context does, rendering is bounded in size, depth and steps.  Pure.
 *
 * Tags of the optional modules (blocks, parents, dynamic names) are errors instead of being read as
 * odd names.
 */
#include "mail/mail.h"

#include <math.h>
#include <string.h>

typedef enum node_kind {
	NODE_TEXT,
	NODE_VALUE, /* {{name}} */
	NODE_RAW,   /* {{{name}}} and {{&name}} */
	NODE_SECTION,
	NODE_INVERTED,
	NODE_PARTIAL,
} node_kind;

typedef struct node {
	node_kind kind;
	guint end;        /* sections: the node after the last one inside */
	const char *text; /* TEXT: bytes of the template; PARTIAL: its indentation */
	gsize len;
	char *name;  /* NULL for TEXT */
	char **path; /* the name's parts; none for "." */
} node;

struct jp_template {
	char *text; /* the nodes point into it */
	char *name;
	GArray *nodes; /* of node */
};

/* ---- parsing --------------------------------------------------------------------------------- */

typedef struct parser {
	jp_template *t;
	const char *at;   /* what is read next */
	const char *text; /* where the text not yet given to a node begins */
	char *open, *close;
	GArray *sections; /* of guint: nodes of the sections not closed yet */
} parser;

typedef struct tag {
	const char *start, *end; /* with delimiters; end is the byte after */
	char sigil;              /* # ^ / ! > = & { or 0 */
	char *body;              /* between sigil and closing delimiter, stripped; owned */
} tag;

static gboolean fail_at(const parser *p, const char *at, GError **error, const char *fmt, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean
fail_at(const parser *p, const char *at, GError **error, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	guint line = 1;
	va_list ap;

	for (const char *c = p->t->text; c < at; c++)
		line += *c == '\n';
	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s:%u: %s", p->t->name, line, what);
	return FALSE;
}

static void
node_clear(gpointer data)
{
	node *n = data;

	g_free(n->name);
	g_strfreev(n->path);
}

static void
add_text(parser *p, const char *until)
{
	node n = {.kind = NODE_TEXT, .text = p->text, .len = (gsize)(until - p->text)};

	if (until > p->text)
		g_array_append_val(p->t->nodes, n);
}

/* Names have no blanks, and no empty part between dots; "." alone is the context itself. */
static char **
split_name(const char *name)
{
	char **path;

	if (!*name || strpbrk(name, " \t\r\n"))
		return NULL;
	if (strcmp(name, ".") == 0)
		return g_new0(char *, 1);
	path = g_strsplit(name, ".", -1);
	for (guint i = 0; path[i]; i++) {
		if (!*path[i]) {
			g_strfreev(path);
			return NULL;
		}
	}
	return path;
}

static gboolean
add_named(parser *p, const tag *t, node_kind kind, GError **error)
{
	node n = {.kind = kind};

	if (*t->body && strchr("<$*", *t->body))
		return fail_at(p, t->start, error, "tags with '%c' are not supported", *t->body);
	n.path = split_name(t->body);
	if (!n.path)
		return fail_at(p, t->start, error, "a name is wanted in the tag");
	n.name = g_strdup(t->body);
	g_array_append_val(p->t->nodes, n);
	return TRUE;
}

static gboolean
open_section(parser *p, const tag *t, node_kind kind, GError **error)
{
	guint at = p->t->nodes->len;

	if (p->sections->len >= JP_MAX_TEMPLATE_DEPTH)
		return fail_at(
		    p, t->start, error, "sections nest deeper than %d", JP_MAX_TEMPLATE_DEPTH);
	g_array_append_val(p->sections, at);
	return add_named(p, t, kind, error);
}

static gboolean
close_section(parser *p, const tag *t, GError **error)
{
	node *n;

	if (!p->sections->len)
		return fail_at(p, t->start, error, "no section is open here to close");
	n = &g_array_index(
	    p->t->nodes, node, g_array_index(p->sections, guint, p->sections->len - 1));
	if (strcmp(n->name, t->body) != 0)
		return fail_at(
		    p, t->start, error, "section \"%s\" is open here, not this one", n->name);
	n->end = p->t->nodes->len;
	g_array_set_size(p->sections, p->sections->len - 1);
	return TRUE;
}

static gboolean
add_partial(parser *p, const tag *t, const char *indent, gsize indent_len, GError **error)
{
	node *n;

	if (!add_named(p, t, NODE_PARTIAL, error))
		return FALSE;
	n = &g_array_index(p->t->nodes, node, p->t->nodes->len - 1);
	n->text = indent;
	n->len = indent_len;
	return TRUE;
}

/* "=<% %>=" has come here as "<% %>". */
static gboolean
set_delimiters(parser *p, const tag *t, GError **error)
{
	gsize open_len = strcspn(t->body, " \t\r\n");
	const char *close = t->body + open_len + strspn(t->body + open_len, " \t\r\n");

	if (!open_len || !*close || strpbrk(close, " \t\r\n") || strchr(t->body, '='))
		return fail_at(
		    p, t->start, error, "two delimiters are wanted, as in {{=<%% %%>=}}");
	g_free(p->open);
	g_free(p->close);
	p->open = g_strndup(t->body, open_len);
	p->close = g_strdup(close);
	return TRUE;
}

/* Reads the tag that begins at p->at. */
static gboolean
read_tag(const parser *p, tag *t, GError **error)
{
	g_autofree char *close = NULL;
	const char *body, *end;

	t->start = p->at;
	body = p->at + strlen(p->open);
	body += strspn(body, " \t\r\n");
	t->sigil = *body && strchr("#^/!>=&{", *body) ? *body++ : '\0';
	close = g_strconcat(t->sigil == '{' ? "}" : t->sigil == '=' ? "=" : "", p->close, NULL);
	end = strstr(body, close);
	if (!end) {
		fail_at(p, t->start, error, "the tag is not closed by %s", close);
		return FALSE;
	}
	t->end = end + strlen(close);
	t->body = g_strstrip(g_strndup(body, (gsize)(end - body)));
	return TRUE;
}

/* Gives the start of the line when nothing but blanks stands before `at`, else NULL. */
static const char *
line_start(const parser *p, const char *at)
{
	while (at > p->t->text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == p->t->text || at[-1] == '\n' ? at : NULL;
}

/* Gives the start of the next line when nothing but blanks stands up to it, else NULL. */
static const char *
line_end(const char *at)
{
	at += strspn(at, " \t");
	if (at[0] == '\r' && at[1] == '\n')
		return at + 2;
	if (*at == '\n')
		return at + 1;
	return *at ? NULL : at;
}

static gboolean
apply_tag(parser *p, const tag *t, const char *indent, gsize indent_len, GError **error)
{
	switch (t->sigil) {
	case '!':
		return TRUE;
	case '#':
		return open_section(p, t, NODE_SECTION, error);
	case '^':
		return open_section(p, t, NODE_INVERTED, error);
	case '/':
		return close_section(p, t, error);
	case '>':
		return add_partial(p, t, indent, indent_len, error);
	case '=':
		return set_delimiters(p, t, error);
	case '&':
	case '{':
		return add_named(p, t, NODE_RAW, error);
	}
	return add_named(p, t, NODE_VALUE, error);
}

/* A tag that gives no text of its own and stands alone takes its whole line with it. */
static gboolean
parse_tag(parser *p, GError **error)
{
	tag t = {0};
	const char *from = NULL, *next = NULL;
	gboolean ok;

	if (!read_tag(p, &t, error))
		return FALSE;
	if (t.sigil && strchr("#^/!>=", t.sigil)) {
		from = line_start(p, t.start);
		next = line_end(t.end);
	}
	if (from && next) {
		add_text(p, MAX(from, p->text));
		ok = apply_tag(p, &t, from, (gsize)(t.start - from), error);
		p->at = next;
	} else {
		add_text(p, t.start);
		ok = apply_tag(p, &t, "", 0, error);
		p->at = t.end;
	}
	p->text = p->at;
	g_free(t.body);
	return ok;
}

static gboolean
parse_all(parser *p, GError **error)
{
	const char *tag_at;

	while ((tag_at = strstr(p->at, p->open))) {
		p->at = tag_at;
		if (!parse_tag(p, error))
			return FALSE;
	}
	add_text(p, p->text + strlen(p->text));
	if (p->sections->len) {
		guint i = g_array_index(p->sections, guint, p->sections->len - 1);

		return fail_at(p, p->text + strlen(p->text), error, "section \"%s\" is not closed",
		    g_array_index(p->t->nodes, node, i).name);
	}
	return TRUE;
}

jp_template *
jp_template_parse(const char *text, const char *name, GError **error)
{
	g_autoptr(jp_template) t = g_new0(jp_template, 1);
	parser p = {.t = t};
	gboolean ok;

	t->text = g_strdup(text);
	t->name = g_strdup(name);
	t->nodes = g_array_new(FALSE, TRUE, sizeof(node));
	g_array_set_clear_func(t->nodes, node_clear);
	p.at = p.text = t->text;
	if (strlen(text) > JP_MAX_TEMPLATE) {
		fail_at(&p, t->text, error, "a template may have %d bytes", JP_MAX_TEMPLATE);
		return NULL;
	}
	p.open = g_strdup("{{");
	p.close = g_strdup("}}");
	p.sections = g_array_new(FALSE, FALSE, sizeof(guint));
	ok = parse_all(&p, error);
	g_array_unref(p.sections);
	g_free(p.open);
	g_free(p.close);
	return ok ? g_steal_pointer(&t) : NULL;
}

void
jp_template_free(jp_template *t)
{
	if (!t)
		return;
	g_array_unref(t->nodes);
	g_free(t->text);
	g_free(t->name);
	g_free(t);
}

/* ---- rendering ------------------------------------------------------------------------------- */

/* Parsing a partial counts as steps too: partials at ever new indentations are parsed anew. */
#define BYTES_A_STEP 16

typedef struct renderer {
	GString *out;
	GArray *stack; /* of const cJSON *, the innermost context last */
	jp_template_escape escape;
	jp_partial partial;
	gpointer data;
	GHashTable *partials; /* "indentation>name" -> jp_template, parsed in this rendering */
	guint depth, steps;
	const jp_template *t; /* for messages */
} renderer;

static gboolean
fail_render(const renderer *r, GError **error, const char *what, int max)
{
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s: %s %d", r->t->name, what, max);
	return FALSE;
}

static const cJSON *
context_at(const renderer *r, guint i)
{
	return g_array_index(r->stack, const cJSON *, i);
}

/* The first part of a name is looked for from the innermost context outwards; the rest inside what
 * was found, and nowhere else. */
static const cJSON *
look_up(const renderer *r, const node *n)
{
	const cJSON *v = NULL;

	if (!n->path[0])
		return context_at(r, r->stack->len - 1);
	for (guint i = r->stack->len; i > 0 && !v; i--)
		v = cJSON_GetObjectItemCaseSensitive(context_at(r, i - 1), n->path[0]);
	for (guint i = 1; v && n->path[i]; i++)
		v = cJSON_GetObjectItemCaseSensitive(v, n->path[i]);
	return v;
}

static gboolean
is_false(const cJSON *v)
{
	if (!v || cJSON_IsNull(v) || cJSON_IsFalse(v))
		return TRUE;
	if (cJSON_IsNumber(v))
		return v->valuedouble == 0;
	if (cJSON_IsString(v))
		return !*v->valuestring;
	return cJSON_IsArray(v) && !v->child;
}

/* Whole numbers without exponent; a decimal point whatever the locale has. */
static void
append_number(GString *out, double d)
{
	char buf[G_ASCII_DTOSTR_BUF_SIZE];

	if (fabs(d) < 9007199254740992.0 && d == floor(d))
		g_string_append_printf(out, "%" G_GINT64_FORMAT, (gint64)d);
	else
		g_string_append(out, g_ascii_formatd(buf, sizeof(buf), "%.15g", d));
}

/* One line of plain text: what would break the line or steer a terminal becomes a blank. */
static void
append_line(GString *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		guint8 c = (guint8)text[0], d = c >= 0xc2 ? (guint8)text[1] : 0;

		if (c < 0x20 || c == 0x7f) {
			g_string_append_c(out, ' ');
			text++;
		} else if (c == 0xc2 && d >= 0x80 && d < 0xa0) { /* C1 */
			g_string_append_c(out, ' ');
			text += 2;
		} else if (c == 0xe2 && d == 0x80 && ((guint8)text[2] & 0xfe) == 0xa8) {
			g_string_append_c(out, ' '); /* line and paragraph separator */
			text += 3;
		} else {
			g_string_append_c(out, *text++);
		}
	}
}

static void
append_string(renderer *r, const char *text, gboolean raw)
{
	g_autofree char *html = NULL;

	if (raw) {
		g_string_append(r->out, text);
		return;
	}
	switch (r->escape) {
	case JP_TEMPLATE_HTML:
		html = jp_html_escape(text);
		g_string_append(r->out, html);
		break;
	case JP_TEMPLATE_TEXT:
		append_line(r->out, text);
		break;
	}
}

static void
append_value(renderer *r, const cJSON *v, gboolean raw)
{
	if (cJSON_IsString(v))
		append_string(r, v->valuestring, raw);
	else if (cJSON_IsNumber(v))
		append_number(r->out, v->valuedouble);
	else if (cJSON_IsBool(v))
		g_string_append(r->out, cJSON_IsTrue(v) ? "true" : "false");
}

static gboolean
render_nodes(renderer *r, const jp_template *t, guint from, guint to, GError **error);

static gboolean
render_inside(renderer *r, const jp_template *t, guint at, const cJSON *context, GError **error)
{
	guint end = g_array_index(t->nodes, node, at).end;
	gboolean ok;

	g_array_append_val(r->stack, context);
	ok = render_nodes(r, t, at + 1, end, error);
	g_array_set_size(r->stack, r->stack->len - 1);
	return ok;
}

static gboolean
render_section(renderer *r, const jp_template *t, guint at, GError **error)
{
	const node *n = &g_array_index(t->nodes, node, at);
	const cJSON *v = look_up(r, n), *item;

	if (is_false(v))
		return n->kind == NODE_SECTION || render_nodes(r, t, at + 1, n->end, error);
	if (n->kind == NODE_INVERTED)
		return TRUE;
	if (!cJSON_IsArray(v))
		return render_inside(r, t, at, v, error);
	cJSON_ArrayForEach (item, v) {
		if (!render_inside(r, t, at, item, error))
			return FALSE;
	}
	return TRUE;
}

/* The text of a partial with the indentation of its tag before every line. */
static char *
indent_lines(const char *text, const node *n)
{
	GString *s = g_string_new(NULL);

	while (*text && s->len <= JP_MAX_TEMPLATE) {
		gsize len = strcspn(text, "\n");

		len += text[len] == '\n';
		g_string_append_len(s, n->text, (gssize)n->len);
		g_string_append_len(s, text, (gssize)len);
		text += len;
	}
	return g_string_free(s, FALSE);
}

/* Gives the parsed partial, or NULL: without an error there is none of that name. */
static const jp_template *
find_partial(renderer *r, const node *n, GError **error)
{
	g_autofree char *key = g_strdup_printf("%.*s>%s", (int)n->len, n->text, n->name);
	jp_template *t = g_hash_table_lookup(r->partials, key);
	g_autofree char *indented = NULL;
	const char *text;

	if (t)
		return t;
	text = r->partial ? r->partial(n->name, r->data) : NULL;
	if (!text)
		return NULL;
	indented = indent_lines(text, n);
	r->steps += (guint)(strlen(indented) / BYTES_A_STEP);
	t = jp_template_parse(indented, n->name, error);
	if (t)
		g_hash_table_insert(r->partials, g_steal_pointer(&key), t);
	return t;
}

static gboolean
render_partial(renderer *r, const node *n, GError **error)
{
	GError *local = NULL;
	const jp_template *t;
	gboolean ok;

	if (r->depth >= JP_MAX_PARTIAL_DEPTH)
		return fail_render(r, error, "partials nest deeper than", JP_MAX_PARTIAL_DEPTH);
	t = find_partial(r, n, &local);
	if (!t) {
		if (local)
			g_propagate_error(error, local);
		return !local;
	}
	r->depth++;
	ok = render_nodes(r, t, 0, t->nodes->len, error);
	r->depth--;
	return ok;
}

static gboolean
render_nodes(renderer *r, const jp_template *t, guint from, guint to, GError **error)
{
	for (guint i = from; i < to; i++) {
		const node *n = &g_array_index(t->nodes, node, i);
		gboolean ok = TRUE;

		if (++r->steps > JP_MAX_TEMPLATE_STEPS)
			return fail_render(
			    r, error, "tags run are more than", JP_MAX_TEMPLATE_STEPS);
		switch (n->kind) {
		case NODE_TEXT:
			g_string_append_len(r->out, n->text, (gssize)n->len);
			break;
		case NODE_VALUE:
		case NODE_RAW:
			append_value(r, look_up(r, n), n->kind == NODE_RAW);
			break;
		case NODE_SECTION:
		case NODE_INVERTED:
			ok = render_section(r, t, i, error);
			i = n->end - 1;
			break;
		case NODE_PARTIAL:
			ok = render_partial(r, n, error);
			break;
		}
		if (!ok)
			return FALSE;
		if (r->out->len > JP_MAX_MESSAGE)
			return fail_render(r, error, "what is rendered is over", JP_MAX_MESSAGE);
	}
	return TRUE;
}

char *
jp_template_render(const jp_template *t, const cJSON *context, jp_template_escape escape,
    jp_partial partial, gpointer data, GError **error)
{
	renderer r = {.escape = escape, .partial = partial, .data = data, .t = t};
	gboolean ok;

	r.out = g_string_sized_new(4096);
	r.stack = g_array_new(FALSE, FALSE, sizeof(const cJSON *));
	r.partials = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, (GDestroyNotify)jp_template_free);
	g_array_append_val(r.stack, context);
	ok = render_nodes(&r, t, 0, t->nodes->len, error);
	g_array_unref(r.stack);
	g_hash_table_unref(r.partials);
	return g_string_free(r.out, !ok);
}
