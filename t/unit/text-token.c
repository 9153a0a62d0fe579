/* token.c and stem.c: tokens, stems, the guess at a language. */
#include <string.h>

#include "base/limits.h"
#include "text/text.h"

/* Tokens with '|' between. */
static char *
joined(const char *text, gssize len)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	GString *out = g_string_new(NULL);

	jp_tokens_parse(&t, text, len);
	for (guint i = 0; i < t.n; i++)
		g_string_append_printf(out, "%s%s", i ? "|" : "", jp_tokens_at(&t, i));
	return g_string_free(out, FALSE);
}

static void
test_tokens(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"", ""}, {" ,;- ", ""}, {"Hello, World", "hello|world"},
	    {"C++ and C#, F#", "c++|and|c#|f#"}, {"c++17 C+ c C plus", "c++|17|c|c|c|plus"},
	    {"ABC++ D#", "abc|d"}, {".NET, ASP.NET and X.net", ".net|asp|net|and|x|net"},
	    {".NET5 .Network .net", "net5|network|.net"},
	    {"node.js full-time", "node|js|full|time"},
	    {"don't Don’t rock'n'roll 'quoted' dogs'", "dont|dont|rocknroll|quoted|dogs"},
	    {"Zürich Straße", "zurich|strasse"}, {"cafe\314\201 so\302\255ft", "cafe|soft"},
	    {"R&D Q4/2026 1,000", "r|d|q4|2026|1|000"}, {"½ x² ﬁn", "12|x2|fin"},
	    {"日本 東京", "日本|東京"}, {"a\377b", "a|b"}, {"हिन्दी", "हिन्दी"}, {"’", ""}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = joined(cases[i].text, -1);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

/* Words are read many bytes at a time: every length, with every ASCII byte behind it. */
static void
test_lengths(void)
{
	static const char word[] = "ZaAz09bYyBcXxC18dWwDeVvE27fUuFgTtGhSsH36iRrIjQqJ45kPpKlOoLm"
				   "NnMaZzA54bYyBcXxC63dWwDeVv";
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	for (guint n = 1; n < sizeof word; n++) {
		g_autofree char *small = g_ascii_strdown(word, (gssize)n);

		for (guint c = 1; c < 128; c++) {
			g_autofree char *text = g_strdup_printf("%.*s%c -", (int)n, word, (char)c);
			g_autofree char *one =
			    g_strdup_printf("%s%c", small, g_ascii_tolower((char)c));

			jp_tokens_parse(&t, text, -1);
			g_assert_cmpuint(t.n, ==, 1);
			g_assert_cmpstr(
			    jp_tokens_at(&t, 0), ==, g_ascii_isalnum((char)c) ? one : small);
			g_assert_cmpuint(t.items[0].hash, ==, jp_token_hash(jp_tokens_at(&t, 0)));
		}
	}
}

/* Texts are read sixty-four bytes at a time: what stands at the edges is read as elsewhere, and
 * nothing behind the end is. */
static void
test_edges(void)
{
	static const char text[] = "Zürich, C++ and .NET: don't say ASP.Net, or f# ’twas x\314\201 "
				   "electroencephalographically .ne";
	g_autofree char *want = joined(text, -1);

	for (guint n = 0; n <= 130; n++) {
		g_autofree char *blanks = g_strnfill(n, n % 2 ? ' ' : '.');
		g_autofree char *moved = g_strconcat(n % 2 ? "" : " ", blanks, text, "t", NULL);
		g_autofree char *got = joined(moved, (gssize)strlen(moved) - 1);

		g_assert_cmpstr(got, ==, want);
	}
	for (gsize len = 0; len < sizeof text; len++) {
		g_autofree char *alone = g_strndup(text, len);
		g_autofree char *from_copy = joined(alone, -1), *got = joined(text, (gssize)len);

		g_assert_cmpstr(got, ==, from_copy);
	}
}

/* From where any token begins so many bytes may be read, however short the text is. */
static void
test_readable(void)
{
	static const char *const ends[] = {"a", " c#", "c++", "d\303\266", "\357\267\272", "e ."};
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
		for (guint n = 0; n < 300; n++) {
			g_autoptr(GString) text = g_string_new(NULL);

			for (guint k = 0; k < n; k++)
				g_string_append(text, i % 2 ? "x" : "x ");
			g_string_append(text, ends[i]);
			jp_tokens_parse(&t, text->str, -1);
			g_assert_cmpuint(t.n, >, 0);
			g_assert_cmpuint(t.items[t.n - 1].at + JP_TOKENS_READABLE, <=, t.pool_room);
		}
}

/* Where a token stands in the text, for showing and for what is as written. */
static void
test_positions(void)
{
	const char *text = "Größe: C++, don't .NET";
	static const char *const want[] = {"Größe", "C++", "don't", ".NET"};
	g_auto(jp_tokens) t = JP_TOKENS_INIT;

	jp_tokens_parse(&t, text, -1);
	g_assert_cmpuint(t.n, ==, G_N_ELEMENTS(want));
	for (guint i = 0; i < t.n; i++) {
		const jp_token *token = &t.items[i];
		g_autofree char *got = g_strndup(text + token->start, token->len);

		g_assert_cmpstr(got, ==, want[i]);
	}
}

static void
test_bounds(void)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	g_autoptr(GString) many = g_string_new(NULL), wide = g_string_new(NULL);
	g_autofree char *got = joined("ab cd", 4);

	g_assert_cmpstr(got, ==, "ab|c");
	for (guint i = 0; i < JP_MAX_TOKENS + 10; i++)
		g_string_append(many, "a ");
	jp_tokens_parse(&t, many->str, -1);
	g_assert_cmpuint(t.n, ==, JP_MAX_TOKENS);
	/* The character that folds to the longest: the pool must grow ahead of it. */
	for (guint i = 0; i < 5000; i++)
		g_string_append(wide, "\357\267\272");
	jp_tokens_parse(&t, wide->str, -1);
	g_assert_cmpuint(strlen(jp_tokens_at(&t, 0)), >, 5000 * 20);
	/* Tokens that touch each other need more room than the text has. */
	for (guint size = 90; size < 30000; size += 997) {
		g_autoptr(GString) touching = g_string_new(NULL);
		g_auto(jp_tokens) fresh = JP_TOKENS_INIT;

		while (touching->len < size)
			g_string_append(touching, "c++");
		jp_tokens_parse(&fresh, touching->str, -1);
		g_assert_cmpuint(fresh.n, ==, touching->len / 3);
	}
	jp_tokens_parse(&t, "again", -1);
	g_assert_cmpuint(t.n, ==, 1);
}

static void
test_stems(void)
{
	static const struct {
		const char *language, *a, *b;
	} cases[] = {{NULL, "engineers", "engineer"}, {"en", "testing", "tests"},
	    {"de", "entwicklungen", "entwicklung"}, {"fr", "ingenieurs", "ingenieur"},
	    {"es", "trabajos", "trabajo"}, {"it", "lavori", "lavoro"}, {"nl", "teams", "team"},
	    {"pt", "trabalhos", "trabalho"}, {"sv", "utvecklare", "utvecklaren"},
	    {"da", "opgaver", "opgaven"}, {"no", "stillinger", "stilling"},
	    {"fi", "kehittajat", "kehittaja"}, {"xx", "words", "words"}};
	g_autoptr(jp_stemmer) s = jp_stemmer_new();
	g_autofree char *long_word = g_strnfill(5000, 'a');

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *a = g_strdup(jp_stem(s, cases[i].language, cases[i].a));

		g_assert_cmpstr(a, ==, jp_stem(s, cases[i].language, cases[i].b));
	}
	g_assert_cmpstr(jp_stem(s, "xx", "words"), ==, "words");
	g_assert_cmpstr(jp_stem(s, "en", long_word), ==, long_word);
	g_assert_cmpuint(g_strv_length((char **)(gpointer)jp_stem_languages()), ==, 11);
	jp_stemmer_free(NULL);
}

static void
test_languages(void)
{
	static const struct {
		const char *language, *text;
	} cases[] = {
	    {"en", "We are looking for a gardener to join our team and work with you in the park."},
	    {"de",
		"Wir suchen für unser Team eine Gärtnerin, die mit uns den Park pflegt und nicht"
		" bei Regen geht."},
	    {"fr",
		"Nous cherchons pour notre équipe une jardinière qui aime les roses et le travail"
		" dans les parcs."},
	    {"es",
		"Buscamos para nuestro equipo una jardinera que cuide las rosas y los árboles del"
		" parque."},
	    {"it",
		"Cerchiamo per la nostra squadra una giardiniera che ami le rose e gli alberi del"
		" parco."},
	    {"nl",
		"Wij zoeken voor ons team een tuinman die met de rozen en het park van onze stad"
		" werkt."},
	    {"pt",
		"Procuramos para a nossa equipe uma jardineira que cuide das rosas e do parque com"
		" você."},
	    {"sv",
		"Vi söker en trädgårdsmästare som vill arbeta hos oss och ta hand om rosor för"
		" staden."},
	    {"da",
		"Vi søger en gartner, som vil arbejde hos os og passe vores roser, og som ikke er"
		" bange for at blive våd."},
	    {"no",
		"Vi søker en gartner som vil jobbe hos oss og passe rosene, og som ikke er redd for"
		" å bli våt av vår sjø."},
	    {"fi",
		"Etsimme puutarhuria, joka on kiinnostunut ruusuista ja tekee työtä meidän kanssa"
		" sekä talvella että kesällä."},
	    {NULL, ""},
	    {NULL, "Gardener"},
	    {NULL, "Kubernetes Terraform Ansible Jenkins Grafana Prometheus"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(jp_language_guess(cases[i].text), ==, cases[i].language);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/token/tokens", test_tokens);
	g_test_add_func("/text/token/lengths", test_lengths);
	g_test_add_func("/text/token/edges", test_edges);
	g_test_add_func("/text/token/readable", test_readable);
	g_test_add_func("/text/token/positions", test_positions);
	g_test_add_func("/text/token/bounds", test_bounds);
	g_test_add_func("/text/stem/stems", test_stems);
	g_test_add_func("/text/stem/languages", test_languages);
	return g_test_run();
}
