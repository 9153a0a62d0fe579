/*
 * YAML 1.1 as people write it by hand, read through libyaml's events into a cJSON tree: mappings,
 * lists and scalars.  Every scalar is a string, except that nothing, "~" and "null" are null.  What
 * makes YAML a language of its own is refused: anchors, aliases, tags, several documents, keys that
 * are not scalars.  Standard: yaml.org/spec/1.1.
 */
#include "config/config.h"
#include "config/internal.h"

#include <string.h>
#include <yaml.h>

/* Places are kept beside the tree; a node's valueint, which cJSON uses for numbers only, and the
 * reader makes none, is its number among them, from 1. */
struct places {
	struct jp_yaml_place key, value;
};

struct jp_yaml {
	cJSON *root;
	GArray *places; /* struct places */
};

/* A mapping or list that is not closed yet. */
struct frame {
	cJSON *node;
	GHashTable *seen; /* keys so far; NULL for a list */
	char *key;        /* of the value that comes next; NULL: a key comes next */
	struct jp_yaml_place key_place;
};

struct reader {
	jp_yaml *out;
	const char *name;
	GArray *stack; /* struct frame */
	guint documents;
	gboolean ended;
	GError **error;
};

/* ---- errors --------------------------------------------------------------------------------- */

G_GNUC_PRINTF(3, 4)
static gboolean
fail_at(const struct reader *r, struct jp_yaml_place at, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(
	    r->error, JP_ERROR, JP_ERROR_DATA, "%s:%u:%u: %s", r->name, at.line, at.column, what);
	return FALSE;
}

static struct jp_yaml_place
place_of_mark(const yaml_mark_t *mark)
{
	return (struct jp_yaml_place){(guint)mark->line + 1, (guint)mark->column + 1};
}

/* The place of a byte; columns count characters. */
static struct jp_yaml_place
place_of_offset(const char *text, gsize offset)
{
	struct jp_yaml_place at = {1, 1};

	for (gsize i = 0; i < offset; i++) {
		if (text[i] == '\n')
			at = (struct jp_yaml_place){at.line + 1, 1};
		else if ((text[i] & 0xc0) != 0x80)
			at.column++;
	}
	return at;
}

/* TRUE when the line is indented with a tab, the mistake that libyaml's own words do not name. */
static gboolean
tab_indents(const char *text, gsize len, guint line)
{
	const char *end = text + len;

	for (; line > 1; line--) {
		text = memchr(text, '\n', (gsize)(end - text));
		if (text == NULL)
			return FALSE;
		text++;
	}
	while (text < end && *text == ' ')
		text++;
	return text < end && *text == '\t';
}

static gboolean
fail_in_parser(const struct reader *r, const yaml_parser_t *parser, const char *text, gsize len)
{
	struct jp_yaml_place at = place_of_mark(&parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		g_error("YAML: out of memory"); /* as GLib does */
	if (parser->error == YAML_READER_ERROR)
		return fail_at(r, place_of_offset(text, MIN(parser->problem_offset, len)), "%s",
		    parser->problem);
	if (tab_indents(text, len, at.line))
		return fail_at(r, at, "a tab indents this line; YAML wants blanks");
	if (parser->context != NULL)
		return fail_at(r, at, "%s %s", parser->problem, parser->context);
	return fail_at(r, at, "%s", parser->problem);
}

/* ---- building ------------------------------------------------------------------------------- */

static struct frame *
top(const struct reader *r)
{
	return r->stack->len > 0 ? &g_array_index(r->stack, struct frame, r->stack->len - 1) : NULL;
}

static void
frame_clear(void *p)
{
	struct frame *f = p;

	g_clear_pointer(&f->seen, g_hash_table_unref);
	g_free(f->key);
}

/* Puts a node where it belongs.  Takes node. */
static void
attach(struct reader *r, cJSON *node, const yaml_mark_t *mark)
{
	struct frame *f = top(r);
	struct places p = {.value = place_of_mark(mark)};

	p.key = f != NULL && f->key != NULL ? f->key_place : p.value;
	g_array_append_val(r->out->places, p);
	node->valueint = (int)r->out->places->len;
	if (f == NULL) {
		r->out->root = node;
	} else if (f->seen == NULL) {
		cJSON_AddItemToArray(f->node, node);
	} else {
		cJSON_AddItemToObject(f->node, f->key, node);
		g_clear_pointer(&f->key, g_free);
	}
}

/* TRUE when the next thing in this place must be a key. */
static gboolean
wants_key(const struct frame *f)
{
	return f != NULL && f->seen != NULL && f->key == NULL;
}

static gboolean
refuse_extras(const struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	if (anchor != NULL)
		return fail_at(r, place_of_mark(&e->start_mark), "anchors are not used here");
	if (tag != NULL)
		return fail_at(r, place_of_mark(&e->start_mark), "tags are not used here");
	return TRUE;
}

static gboolean
is_null(const yaml_event_t *e)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    g_strv_contains(nulls, (const char *)e->data.scalar.value);
}

static gboolean
read_key(const struct reader *r, struct frame *f, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;

	f->key_place = place_of_mark(&e->start_mark);
	if (!g_hash_table_add(f->seen, g_strdup(text)))
		return fail_at(r, f->key_place, "the key '%s' is here twice", text);
	f->key = g_strdup(text);
	return TRUE;
}

static gboolean
read_scalar(struct reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	struct frame *f = top(r);

	if (!refuse_extras(r, e, e->data.scalar.anchor, e->data.scalar.tag))
		return FALSE;
	if (memchr(text, '\0', e->data.scalar.length) != NULL)
		return fail_at(r, place_of_mark(&e->start_mark), "a NUL character");
	if (wants_key(f))
		return read_key(r, f, e);
	if (f == NULL && is_null(e))
		return TRUE;
	if (f == NULL)
		return fail_at(r, place_of_mark(&e->start_mark), "keys or a list were expected");
	attach(r, is_null(e) ? cJSON_CreateNull() : cJSON_CreateString(text), &e->start_mark);
	return TRUE;
}

static gboolean
open_collection(struct reader *r, const yaml_event_t *e, gboolean is_mapping)
{
	struct frame f = {.node = is_mapping ? cJSON_CreateObject() : cJSON_CreateArray()};

	if (wants_key(top(r))) {
		cJSON_Delete(f.node);
		return fail_at(r, place_of_mark(&e->start_mark), "a key is one word or line");
	}
	attach(r, f.node, &e->start_mark);
	if (r->stack->len >= JP_MAX_JSON_DEPTH)
		return fail_at(r, place_of_mark(&e->start_mark), "nested too deeply");
	if (is_mapping)
		f.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_array_append_val(r->stack, f);
	return TRUE;
}

static gboolean
read_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_STREAM_END_EVENT:
		r->ended = TRUE;
		return TRUE;
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++ > 0)
			return fail_at(r, place_of_mark(&e->start_mark), "a second document");
		return TRUE;
	case YAML_ALIAS_EVENT:
		return fail_at(r, place_of_mark(&e->start_mark), "aliases are not used here");
	case YAML_SCALAR_EVENT:
		return read_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return refuse_extras(
			   r, e, e->data.sequence_start.anchor, e->data.sequence_start.tag) &&
		    open_collection(r, e, FALSE);
	case YAML_MAPPING_START_EVENT:
		return refuse_extras(
			   r, e, e->data.mapping_start.anchor, e->data.mapping_start.tag) &&
		    open_collection(r, e, TRUE);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		g_array_set_size(r->stack, r->stack->len - 1);
		return TRUE;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return TRUE;
	}
	return TRUE;
}

static gboolean
read_events(struct reader *r, const char *text, gsize len)
{
	yaml_parser_t parser;
	yaml_event_t event;
	gboolean ok = TRUE;

	if (yaml_parser_initialize(&parser) == 0)
		g_error("YAML: out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (ok && !r->ended) {
		if (yaml_parser_parse(&parser, &event) == 0) {
			ok = fail_in_parser(r, &parser, text, len);
			break;
		}
		ok = read_event(r, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return ok;
}

/* ---- public --------------------------------------------------------------------------------- */

jp_yaml *
jp_yaml_parse(const char *text, gsize len, const char *name, GError **error)
{
	g_autoptr(jp_yaml) y = g_new0(jp_yaml, 1);
	g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(struct frame));
	struct reader r = {.out = y, .name = name, .stack = stack, .error = error};

	y->places = g_array_new(FALSE, FALSE, sizeof(struct places));
	g_array_set_clear_func(stack, frame_clear);
	if (!read_events(&r, text, len))
		return NULL;
	return g_steal_pointer(&y);
}

const cJSON *
jp_yaml_root(const jp_yaml *y)
{
	return y->root;
}

static struct places
places_of(const jp_yaml *y, const cJSON *node)
{
	if (node == NULL || node->valueint < 1 || (guint)node->valueint > y->places->len)
		return (struct places){{0, 0}, {0, 0}};
	return g_array_index(y->places, struct places, (guint)node->valueint - 1);
}

struct jp_yaml_place
jp_yaml_value_place(const jp_yaml *y, const cJSON *node)
{
	return places_of(y, node).value;
}

struct jp_yaml_place
jp_yaml_key_place(const jp_yaml *y, const cJSON *node)
{
	return places_of(y, node).key;
}

guint
jp_yaml_line(const jp_yaml *y, const cJSON *node)
{
	return places_of(y, node).key.line;
}

void
jp_yaml_free(jp_yaml *y)
{
	if (y == NULL)
		return;
	cJSON_Delete(y->root);
	g_array_free(y->places, TRUE);
	g_free(y);
}
