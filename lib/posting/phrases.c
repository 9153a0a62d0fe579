/*
 * Many phrases looked for at once in one pass over a text's tokens: words of the vocabulary hash to
 * slots of one open table, and a phrase is a chain of slots.  Most tokens of a text begin no
 * phrase; a bit for each hash that a first word has passes over them.
 */
#include <string.h>

#include "posting/internal.h"

struct node {
	guint32 parent; /* node of the words before; 0: none */
	guint32 word;   /* offset in pool */
	guint64 value;  /* of the phrase that ends here; 0: none */
};

#define FIRST_BITS 16

struct jp_phrases {
	guint32 *tags;      /* of the nodes, few enough to stay near; 0: the slot is free */
	struct node *slots; /* slot 0 is the root and holds nothing */
	guint n_slots, n_used;
	GString *pool;                         /* its first byte is nobody's */
	guint64 first[(1 << FIRST_BITS) / 64]; /* hashes of words that begin a phrase */
};

jp_phrases *
jp_phrases_new(guint n_words)
{
	jp_phrases *ph = g_new0(jp_phrases, 1);

	ph->n_slots = 1024;
	while (ph->n_slots < 2 * n_words)
		ph->n_slots *= 2;
	ph->tags = g_new0(guint32, ph->n_slots);
	ph->slots = g_new0(struct node, ph->n_slots);
	ph->pool = g_string_sized_new(8 * n_words);
	g_string_append_c(ph->pool, ' ');
	return ph;
}

void
jp_phrases_free(jp_phrases *ph)
{
	if (!ph)
		return;
	g_free(ph->tags);
	g_free(ph->slots);
	g_string_free(ph->pool, TRUE);
	g_free(ph);
}

/* ---- building -------------------------------------------------------------------------------- */

/* Never 0. */
static guint32
tag_of(guint parent, guint32 hash)
{
	return (hash ^ (parent * 0x9e3779b1u)) | 1;
}

/* The slot of the word after `parent`, or the free one where it belongs. */
static guint
slot_of(const jp_phrases *ph, guint parent, const char *word, guint32 hash)
{
	guint32 tag = tag_of(parent, hash);
	guint i = (tag >> 1) & (ph->n_slots - 1);

	for (;; i = (i + 1) & (ph->n_slots - 1)) {
		if (i == 0)
			continue;
		if (!ph->tags[i] ||
		    (ph->tags[i] == tag && ph->slots[i].parent == parent &&
			strcmp(ph->pool->str + ph->slots[i].word, word) == 0))
			return i;
	}
}

/* The node where the phrase ends, its words put into the table; the root for one without words. */
static struct node *
end_of(jp_phrases *ph, const char *phrase, gssize len)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	guint at = 0;

	jp_tokens_parse(&t, phrase, len);
	for (guint i = 0; i < t.n; i++) {
		const char *word = jp_tokens_at(&t, i);
		guint32 hash = jp_token_hash(word), bit = hash >> (32 - FIRST_BITS);
		guint slot = slot_of(ph, at, word, hash);
		struct node *n = &ph->slots[slot];

		if (at == 0)
			ph->first[bit / 64] |= G_GUINT64_CONSTANT(1) << (bit % 64);
		if (!ph->tags[slot]) {
			ph->tags[slot] = tag_of(at, hash);
			g_assert(++ph->n_used < ph->n_slots / 2);
			*n = (struct node){.parent = at, .word = (guint32)ph->pool->len};
			g_string_append_len(ph->pool, word, (gssize)strlen(word) + 1);
		}
		at = slot;
	}
	return &ph->slots[at];
}

void
jp_phrases_add(jp_phrases *ph, const char *phrase, guint64 value)
{
	struct node *n = end_of(ph, phrase, -1);

	if (n != ph->slots && n->value == 0)
		n->value = value;
}

static const jp_phrases *
make_of_lists(const char *const *lists, guint n)
{
	jp_phrases *ph = jp_phrases_new(1024);

	g_assert(n <= 64);
	for (guint i = 0; i < n; i++) {
		const char *p = lists[i];

		for (gsize len; *p; p += len + (p[len] == '|')) {
			len = strcspn(p, "|");
			end_of(ph, p, (gssize)len)->value |= G_GUINT64_CONSTANT(1) << i;
		}
	}
	return ph;
}

const jp_phrases *
jp_phrases_of_lists(const jp_phrases **once, const char *const *lists, guint n)
{
	if (g_once_init_enter(once))
		g_once_init_leave(once, make_of_lists(lists, n));
	return *once;
}

/* ---- looking --------------------------------------------------------------------------------- */

guint
jp_phrases_next(const jp_phrases *ph, const jp_tokens *t, guint from)
{
	const jp_token *tokens = t->items; /* NULL where nothing was parsed */
	guint n = t->n;

	for (; from < n; from++) {
		guint32 bit = tokens[from].hash >> (32 - FIRST_BITS);

		if (ph->first[bit / 64] >> (bit % 64) & 1)
			break;
	}
	return from;
}

guint
jp_phrases_at(const jp_phrases *ph, const jp_tokens *t, guint from, guint64 *value)
{
	guint at = 0, longest = 0;

	for (guint i = from; i < t->n; i++) {
		at = slot_of(ph, at, jp_tokens_at(t, i), t->items[i].hash);
		if (!ph->tags[at])
			break;
		if (ph->slots[at].value == 0)
			continue;
		*value = ph->slots[at].value;
		longest = i + 1 - from;
	}
	return longest;
}

guint64
jp_phrases_lists(const jp_phrases *ph, const jp_tokens *t)
{
	guint n = t->n;
	guint64 lists = 0;

	for (guint from = 0; (from = jp_phrases_next(ph, t, from)) < n; from++) {
		guint at = 0;

		for (guint i = from; i < n; i++) {
			at = slot_of(ph, at, jp_tokens_at(t, i), t->items[i].hash);
			if (!ph->tags[at])
				break;
			lists |= ph->slots[at].value;
		}
	}
	return lists;
}
