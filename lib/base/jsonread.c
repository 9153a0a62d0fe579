/*
 * JSON read in one pass into cJSON's nodes: a body is read once and thrown away at once, so its
 * nodes lie in a few pieces of memory and its strings, unescaped, behind each other in one more.
 * Takes what cJSON takes, and for characters that cannot be U+FFFD.  Standard: RFC 8259.
 */
#include "base/bytes.h"
#include "base/internal.h"

#include <string.h>

/* Nodes of the first piece and, since each is twice the one before, of the largest. */
#define FIRST_NODES 32
#define MOST_NODES  4096

/* Digits that a double holds, whichever they are. */
#define EXACT_DIGITS 15
/* Bytes of nearly all other numbers. */
#define SHORT_NUMBER 64

struct piece {
	struct piece *before;
	cJSON nodes[];
};

struct jp_json {
	cJSON root;
	struct piece *pieces;
	char strings[]; /* each NUL-terminated; none is longer than it was in the text */
};

struct reader {
	const char *p, *end;
	jp_json *json;
	char *to; /* where the next string goes */
	cJSON *node, *node_end;
	guint room, n_nodes; /* of the last piece; in all */
	guint depth;
	const char *wrong; /* what is wrong at p, once something is */
};

static gboolean read_value(struct reader *r, cJSON *item);

static gboolean
fail(struct reader *r, const char *wrong)
{
	r->wrong = wrong;
	return FALSE;
}

static gboolean
is_not_json(struct reader *r)
{
	return fail(r, "not JSON");
}

/* Blanks as cJSON knows them: every control character is one. */
static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && (guchar)*r->p <= ' ')
		r->p++;
}

/* A node that is all zeros; NULL when there are too many. */
static cJSON *
node_new(struct reader *r)
{
	if (G_UNLIKELY(r->node == r->node_end)) {
		struct piece *piece;

		if (r->n_nodes > JP_MAX_JSON_VALUES) {
			fail(r, "too many values");
			return NULL;
		}
		r->room = r->room ? MIN(2 * r->room, MOST_NODES) : FIRST_NODES;
		piece = g_malloc(sizeof *piece + r->room * sizeof(cJSON));
		piece->before = r->json->pieces;
		r->json->pieces = piece;
		r->node = piece->nodes;
		r->node_end = piece->nodes + r->room;
		r->n_nodes += r->room;
	}
	*r->node = (cJSON){.type = 0};
	return r->node++;
}

/* ---- strings -------------------------------------------------------------------------------- */

/* The value of \uXXXX at p (which points at the backslash), or -1. */
static int
unicode_escape(const char *p, const char *end)
{
	int value = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		if (!g_ascii_isxdigit(p[i]))
			return -1;
		value = value * 16 + (p[i] & 0xf) + (p[i] > '9' ? 9 : 0);
	}
	return value;
}

/* Reads \uXXXX, or two that are a pair.  What is no character, a NUL and half a pair, is U+FFFD,
 * since one broken character must not cost a whole listing. */
static gboolean
read_unicode(struct reader *r)
{
	int first = unicode_escape(r->p, r->end), second;
	gunichar c = (gunichar)first;

	if (first < 0)
		return is_not_json(r);
	r->p += 6;
	if (first == 0 || (first >= 0xdc00 && first < 0xe000)) {
		c = 0xfffd;
	} else if (first >= 0xd800 && first < 0xdc00) {
		second = unicode_escape(r->p, r->end);
		c = 0xfffd;
		if (second >= 0xdc00 && second < 0xe000) {
			r->p += 6;
			c = 0x10000 + ((gunichar)(first - 0xd800) << 10) +
			    (gunichar)(second - 0xdc00);
		}
	}
	if (c < 0x80)
		*r->to++ = (char)c;
	else
		r->to += g_unichar_to_utf8(c, r->to);
	return TRUE;
}

/* Reads the escape at r->p. */
static gboolean
read_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *name = r->end - r->p > 1 ? memchr(names, r->p[1], sizeof names - 1) : NULL;

	if (!name)
		return read_unicode(r);
	*r->to++ = meant[name - names];
	r->p += 2;
	return TRUE;
}

/* Copies what stands before the next quote or backslash, sixteen bytes at a time: there is room
 * for as many behind the last string. */
static void
copy_plain(struct reader *r)
{
	const char *p = r->p, *end = r->end;
	char *to = r->to;

	while (end - p >= 16) {
		jp_sixteen v = jp_sixteen_at(p);
		guint64 found = jp_bits_of((jp_sixteen)(v == '"') | (jp_sixteen)(v == '\\'));
		guint n = found ? (guint)__builtin_ctzll(found) : 16;

		memcpy(to, &v, sizeof v);
		p += n;
		to += n;
		if (found)
			break;
	}
	while (p < end && *p != '"' && *p != '\\')
		*to++ = *p++;
	r->p = p;
	r->to = to;
}

/* Reads the string whose quote is at r->p; gives it in *out. */
static gboolean
read_string(struct reader *r, char **out)
{
	if (r->p == r->end || *r->p != '"')
		return is_not_json(r);
	r->p++;
	*out = r->to;
	for (;;) {
		copy_plain(r);
		if (r->p == r->end)
			return is_not_json(r);
		if (*r->p == '"')
			break;
		if (!read_escape(r))
			return FALSE;
	}
	r->p++;
	*r->to++ = '\0';
	return TRUE;
}

/* ---- numbers and words ---------------------------------------------------------------------- */

static void
set_number(cJSON *item, double n)
{
	item->type = cJSON_Number;
	item->valuedouble = n;
	item->valueint = n >= G_MAXINT ? G_MAXINT : n <= G_MININT ? G_MININT : (int)n;
}

/* What strtod makes of the bytes that numbers are made of. */
static gboolean
read_any_number(struct reader *r, cJSON *item)
{
	char few[SHORT_NUMBER], *end;
	g_autofree char *many = NULL;
	const char *text = few;
	gsize n = 0;

	while (r->p + n < r->end && (g_ascii_isdigit(r->p[n]) || strchr("+-.eE", r->p[n])))
		n++;
	if (n < sizeof few) {
		memcpy(few, r->p, n);
		few[n] = '\0';
	} else {
		text = many = g_strndup(r->p, n);
	}
	set_number(item, g_ascii_strtod(text, &end));
	r->p += end - text;
	return end > text || is_not_json(r);
}

/* Nearly all numbers are whole and short. */
static gboolean
read_number(struct reader *r, cJSON *item)
{
	const char *p = r->p + (*r->p == '-' ? 1 : 0), *digits = p;
	gint64 n = 0;

	while (p < r->end && p - digits < EXACT_DIGITS && g_ascii_isdigit(*p))
		n = n * 10 + (*p++ - '0');
	if ((n == 0 && *r->p == '-') || p == r->end || (*p != ',' && *p != '}' && *p != ']'))
		return read_any_number(r, item);
	set_number(item, (double)(*r->p == '-' ? -n : n));
	r->p = p;
	return TRUE;
}

static gboolean
read_word(struct reader *r, cJSON *item, const char *word, int type)
{
	gsize len = strlen(word);

	if ((gsize)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return is_not_json(r);
	r->p += len;
	item->type = type;
	item->valueint = type == cJSON_True; /* as cJSON has it */
	return TRUE;
}

/* ---- lists and objects ---------------------------------------------------------------------- */

/* Reads the name and the colon of an object's member. */
static gboolean
read_name(struct reader *r, cJSON *item)
{
	if (!read_string(r, &item->string))
		return FALSE;
	skip_blanks(r);
	if (r->p == r->end || *r->p != ':')
		return is_not_json(r);
	r->p++;
	return TRUE;
}

/* Goes past the comma behind an item, or the bracket that closes the list: then *is_end. */
static gboolean
read_comma(struct reader *r, char close, gboolean *is_end)
{
	skip_blanks(r);
	*is_end = r->p < r->end && *r->p == close;
	if (!*is_end && (r->p == r->end || *r->p != ','))
		return is_not_json(r);
	r->p++;
	return TRUE;
}

/* Reads the items of the list or object whose bracket is at r->p. */
static gboolean
read_items(struct reader *r, cJSON *list, char close)
{
	cJSON **link = &list->child, *item = NULL;
	gboolean is_end;

	if (++r->depth > JP_MAX_JSON_DEPTH)
		return fail(r, "nested too deeply");
	r->p++;
	skip_blanks(r);
	is_end = r->p < r->end && *r->p == close;
	r->p += is_end ? 1 : 0;
	while (!is_end) {
		cJSON *before = item;

		skip_blanks(r);
		item = node_new(r);
		if (!item || (close == '}' && !read_name(r, item)) || !read_value(r, item) ||
		    !read_comma(r, close, &is_end))
			return FALSE;
		item->prev = before;
		*link = item;
		link = &item->next;
	}
	if (item)
		list->child->prev = item; /* cJSON finds the last one there */
	r->depth--;
	return TRUE;
}

static gboolean
read_value(struct reader *r, cJSON *item)
{
	skip_blanks(r);
	if (r->p == r->end)
		return is_not_json(r);
	switch (*r->p) {
	case '"':
		item->type = cJSON_String;
		return read_string(r, &item->valuestring);
	case '{':
		item->type = cJSON_Object;
		return read_items(r, item, '}');
	case '[':
		item->type = cJSON_Array;
		return read_items(r, item, ']');
	case 'n':
		return read_word(r, item, "null", cJSON_NULL);
	case 't':
		return read_word(r, item, "true", cJSON_True);
	case 'f':
		return read_word(r, item, "false", cJSON_False);
	}
	if (*r->p == '-' || g_ascii_isdigit(*r->p))
		return read_number(r, item);
	return is_not_json(r);
}

/* ---- the whole text ------------------------------------------------------------------------- */

jp_json *
jp_json_read_text(const char *text, gsize len, const char **wrong, const char **where)
{
	g_autoptr(jp_json) json = g_malloc(sizeof *json + len + sizeof(jp_sixteen));
	struct reader r = {.p = text, .end = text + len, .json = json, .to = json->strings};

	json->root = (cJSON){.type = 0};
	json->pieces = NULL;
	if (read_value(&r, &json->root)) {
		skip_blanks(&r);
		if (r.p == r.end)
			return g_steal_pointer(&json);
		r.wrong = "text after the end of the JSON";
	}
	*wrong = r.wrong;
	*where = r.p;
	return NULL;
}

const cJSON *
jp_json_root(const jp_json *json)
{
	return json ? &json->root : NULL;
}

void
jp_json_free(jp_json *json)
{
	struct piece *piece = json ? json->pieces : NULL;

	while (piece) {
		struct piece *before = piece->before;

		g_free(piece);
		piece = before;
	}
	g_free(json);
}
