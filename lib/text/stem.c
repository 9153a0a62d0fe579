/*
 * Stems (libstemmer, the Snowball algorithms) and a guess at a text's language.  Both know the same
 * eleven languages.
 */
#include "text/internal.h"
#include <libstemmer.h>

#define N_LANGUAGES 11
/* Tokens of a text that are looked at: a language shows in the first few sentences. */
#define GUESS_TOKENS 250
#define GUESS_BYTES  2400

static const char *const languages[N_LANGUAGES + 1] = {
    "en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "no", "fi", NULL};

struct jp_stemmer {
	struct sb_stemmer *snowball[N_LANGUAGES];
};

const char *const *
jp_stem_languages(void)
{
	return languages;
}

static int
language_index(const char *language)
{
	for (int i = 0; i < N_LANGUAGES; i++)
		if (strcmp(languages[i], language) == 0)
			return i;
	return -1;
}

jp_stemmer *
jp_stemmer_new(void)
{
	return g_new0(jp_stemmer, 1);
}

void
jp_stemmer_free(jp_stemmer *s)
{
	if (!s)
		return;
	for (int i = 0; i < N_LANGUAGES; i++)
		if (s->snowball[i])
			sb_stemmer_delete(s->snowball[i]);
	g_free(s);
}

const char *
jp_stem(jp_stemmer *s, const char *language, const char *token)
{
	int i = language ? language_index(language) : 0;
	const char *stem;

	if (i < 0 || strlen(token) > 100)
		return token;
	if (!s->snowball[i])
		s->snowball[i] = sb_stemmer_new(languages[i], NULL);
	stem = (const char *)sb_stemmer_stem(
	    s->snowball[i], (const sb_symbol *)token, (int)strlen(token));
	return stem && *stem ? stem : token;
}

/* ---- the guess ----------------------------------------------------------------------- */

/*
 * Each language's words that are common in postings and rare in the others, folded.  Short words
 * that several languages share are left out: they tell nothing.
 */
static const char *const stop_words[N_LANGUAGES] = {
    /* en */
    "the and of to with you our for we your will are is as this that be have from by who team "
    "work or an at it their all can",
    /* de */
    "und der die mit fur wir das sie ist zu den ein eine von im du als dich deine unser unsere bei "
    "auf sowie zur oder nicht auch einer sich uns werden einen dein ihre",
    /* fr */
    "et les des vous nous une est pour dans vos votre sur avec du nos aux notre au par qui ou "
    "cette "
    "sont etre poste plus tu ce leur equipe",
    /* es */
    "y los las con para una por que nuestro tu del nuestra trabajo sus como mas experiencia se "
    "equipo "
    "al es tus ser muy o el desde sobre anos unas hasta",
    /* it */
    "e di il per con del della nel gli sono che delle nella alla dei lavoro una al ai sei nostro "
    "le "
    "anche piu dal ricerca tuo nostra azienda si alle",
    /* nl */
    "en het een van je voor met wij zijn jij ons onze op aan bij te dat ben jouw als ook naar wat "
    "binnen deze om werken worden niet hebben",
    /* pt */
    "e o os com para uma em do da dos das nos que voce nossa nosso por na no ao mais seu sua ser "
    "experiencia equipe trabalho sao ou pela",
    /* sv */
    "och att som med av du for ar ett till vi pa din hos oss inom vara eller dig kommer har vara "
    "arbeta dina sig ditt aven erfarenhet den jobba efter",
    /* da */
    "og til med af du for vi vores som et det er pa din at har vil blive hos dig vaere eller kan "
    "dine ikke sammen arbejde os opgaver gerne",
    /* no */
    "og til med av du for vi som et det er pa din a har vil bli hos deg vaere eller kan dine ikke "
    "sammen arbeid oss oppgaver gjerne var vart",
    /* fi */
    "ja on tai seka kanssa meilla voit sinun olet joka myos meidan tyo ovat etta osaksi se mutta "
    "kun "
    "ole haemme osaamista sinulla tarjoamme oman tiimin hyva tyossa jossa tehtava",
};

/* Words by their hashes, a few in a bucket, of which all are compared.  That another word of a text
 * has the hash of one of these is as likely as not in ten million, and counts once. */
#define BUCKET_BITS 10
#define BUCKET_SIZE 4
#define MAX_WORDS   512
struct guess_table {
	guint32 hashes[1 << BUCKET_BITS][BUCKET_SIZE];
	guint16 words[1 << BUCKET_BITS][BUCKET_SIZE]; /* their numbers; 0: none */
	guint64 counts[MAX_WORDS][2]; /* byte l of both together: 1 for a word of languages[l] */
	guint n_words;
};
G_STATIC_ASSERT(N_LANGUAGES <= 16 && GUESS_TOKENS < 256);

/* The number of the word with that hash; 0: none.  Nothing is decided on the way: what comes next
 * cannot be foreseen, and a wrong guess of the processor costs more than all four comparisons. */
static inline guint
word_of(const struct guess_table *t, guint32 hash)
{
	guint bucket = hash >> (32 - BUCKET_BITS), word = 0;

	for (guint i = 0; i < BUCKET_SIZE; i++)
		word |= t->words[bucket][i] & -(guint)(t->hashes[bucket][i] == hash);
	return word;
}

/* Puts a word in and gives its number. */
static guint
add_word(struct guess_table *t, guint32 hash)
{
	guint bucket = hash >> (32 - BUCKET_BITS), i = 0;

	while (t->words[bucket][i]) {
		i++;
		g_assert(i < BUCKET_SIZE); /* or a word too many was added to the lists */
	}
	t->hashes[bucket][i] = hash;
	t->words[bucket][i] = (guint16)++t->n_words;
	g_assert(t->n_words < MAX_WORDS);
	return t->n_words;
}

static const struct guess_table *
guess_table(void)
{
	static const struct guess_table *once;

	if (g_once_init_enter(&once)) {
		struct guess_table *t = g_new0(struct guess_table, 1);

		for (guint l = 0; l < N_LANGUAGES; l++) {
			g_auto(GStrv) words = g_strsplit(stop_words[l], " ", -1);

			for (char **w = words; *w; w++) {
				guint32 hash = jp_token_hash(*w);
				guint word = word_of(t, hash);

				if (word == 0)
					word = add_word(t, hash);
				t->counts[word][l / 8] |= G_GUINT64_CONSTANT(1) << (l % 8 * 8);
			}
		}
		g_once_init_leave(&once, t);
	}
	return once;
}

/* All languages are counted at once. */
static void
count_words(const jp_tokens *tokens, guint n, guint score[N_LANGUAGES])
{
	const struct guess_table *t = guess_table();
	guint64 counts[2] = {0, 0};

	for (guint i = 0; i < n; i++) {
		guint word = word_of(t, tokens->items[i].hash);

		counts[0] += t->counts[word][0];
		counts[1] += t->counts[word][1];
	}
	for (guint l = 0; l < N_LANGUAGES; l++)
		score[l] = (guint)(counts[l / 8] >> (l % 8 * 8) & 0xff);
}

const char *
jp_language_of(const jp_tokens *tokens)
{
	guint score[N_LANGUAGES] = {0};
	guint n = MIN(tokens->n, GUESS_TOKENS), best = 0, second = G_MAXUINT;

	count_words(tokens, n, score);
	for (guint l = 1; l < N_LANGUAGES; l++)
		if (score[l] > score[best])
			best = l;
	for (guint l = 0; l < N_LANGUAGES; l++)
		if (l != best && (second == G_MAXUINT || score[l] > score[second]))
			second = l;
	/* At least three words and one in twelve, and clearly ahead of the next language. */
	if (score[best] < 3 || score[best] * 12 < n || score[best] * 10 < score[second] * 11)
		return NULL;
	return languages[best];
}

const char *
jp_language_guess(const char *text)
{
	g_auto(jp_tokens) tokens = JP_TOKENS_INIT;

	jp_tokens_parse(&tokens, text, (gssize)strnlen(text, GUESS_BYTES));
	return jp_language_of(&tokens);
}
