/*
 * Many phrases looked for at once in one pass over a text's tokens: words of the vocabulary hash to
 * slots of one open table, and a phrase is a chain of slots.  Most tokens of a text begin no phrase
 * and cost one probe.
 */
#include <string.h>

#include "posting/internal.h"

struct node {
	guint32 parent; /* node of the words before; 0: none */
	guint32 hash;   /* of the word */
	guint32 word;   /* offset in pool */
	gint32 value;   /* of the phrase that ends here; -1: none */
	gboolean is_used;
};

struct jp_phrases {
	struct node *slots; /* slot 0 is the root and holds nothing */
	guint n_slots, n_used;
	GString *pool;
};

jp_phrases *
jp_phrases_new(guint n_words)
{
	jp_phrases *ph = g_new0(jp_phrases, 1);

	ph->n_slots = 1024;
	while (ph->n_slots < 4 * n_words)
		ph->n_slots *= 2;
	ph->slots = g_new0(struct node, ph->n_slots);
	ph->pool = g_string_sized_new(8 * n_words);
	return ph;
}

void
jp_phrases_free(jp_phrases *ph)
{
	if (!ph)
		return;
	g_free(ph->slots);
	g_string_free(ph->pool, TRUE);
	g_free(ph);
}

/* The slot of the word after `parent`, or the free one where it belongs. */
static guint
slot_of(const jp_phrases *ph, guint parent, const char *word, guint32 hash)
{
	guint i = (hash ^ (parent * 0x9e3779b1u)) & (ph->n_slots - 1);

	for (;; i = (i + 1) & (ph->n_slots - 1)) {
		const struct node *n = &ph->slots[i];

		if (i == 0)
			continue;
		if (!n->is_used ||
		    (n->hash == hash && n->parent == parent &&
			strcmp(ph->pool->str + n->word, word) == 0))
			return i;
	}
}

void
jp_phrases_add(jp_phrases *ph, const char *phrase, int value)
{
	g_autoptr(jp_tokens) t = jp_tokens_new();
	guint at = 0;

	jp_tokens_parse(t, phrase, -1);
	for (guint i = 0; i < t->items->len; i++) {
		const char *word = jp_tokens_at(t, i);
		guint32 hash = jp_token_hash(word);
		guint slot = slot_of(ph, at, word, hash);
		struct node *n = &ph->slots[slot];

		if (!n->is_used) {
			g_assert(++ph->n_used < ph->n_slots / 2);
			*n = (struct node){.parent = at,
			    .hash = hash,
			    .value = -1,
			    .is_used = TRUE,
			    .word = (guint32)ph->pool->len};
			g_string_append_len(ph->pool, word, (gssize)strlen(word) + 1);
		}
		at = slot;
	}
	if (at && ph->slots[at].value < 0)
		ph->slots[at].value = value;
}

guint
jp_phrases_at(const jp_phrases *ph, const jp_tokens *t, guint from, int *value)
{
	guint at = 0, longest = 0;

	for (guint i = from; i < t->items->len; i++) {
		at = slot_of(ph, at, jp_tokens_at(t, i), g_array_index(t->items, jp_token, i).hash);
		if (!ph->slots[at].is_used)
			break;
		if (ph->slots[at].value < 0)
			continue;
		*value = ph->slots[at].value;
		longest = i + 1 - from;
	}
	return longest;
}
