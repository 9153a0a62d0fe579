/*
 * What an adapter gave becomes the posting that is stored: bounded clean texts, fields filled from
 * the text, skills, the content hash (R6) and the key of near-duplicates.
 */
#include <string.h>

#include "base/base.h"
#include "posting/internal.h"

/* ---- what is needed meanwhile --------------------------------------------------------- */

/* The greatest number of tokens whose room is kept. */
#define MAX_KEPT 8192

/* Kept by each thread for its next posting: a text's tokens want larger pieces of memory than are
 * had cheaply. */
struct scratch {
	jp_tokens title, text;
	GString *lines; /* for the hash */
	GString *flat;  /* the description without its lines */
	GString *key;   /* of near-duplicates */
	GChecksum *sum;
};

static void
scratch_free(gpointer data)
{
	struct scratch *s = data;

	jp_tokens_clear(&s->title);
	jp_tokens_clear(&s->text);
	g_string_free(s->lines, TRUE);
	g_string_free(s->flat, TRUE);
	g_string_free(s->key, TRUE);
	g_checksum_free(s->sum);
	g_free(s);
}

static GPrivate kept = G_PRIVATE_INIT(scratch_free);

static struct scratch *
scratch(void)
{
	struct scratch *s = g_private_get(&kept);

	if (s)
		return s;
	s = g_new0(struct scratch, 1);
	s->lines = g_string_new(NULL);
	s->flat = g_string_new(NULL);
	s->key = g_string_new(NULL);
	s->sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_private_set(&kept, s);
	return s;
}

/* ---- texts --------------------------------------------------------------------------- */

/* Cuts a text to max bytes at a character, the cut marked; takes and gives. */
static char *
bounded(char *text, gsize max)
{
	gsize at = max - 3;

	if (strlen(text) <= max)
		return text;
	while (at > 0 && ((guchar)text[at] & 0xc0) == 0x80)
		at--;
	while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\n'))
		at--;
	memcpy(text + at, "\342\200\246", 4);
	return text;
}

/* Cleans a field in place; NULL stays, empty becomes NULL. */
static void
clean_field(char **field, gsize max)
{
	char *clean;

	if (!*field)
		return;
	clean = jp_text_clean(*field, -1, max + 4, FALSE);
	g_free(*field);
	*field = *clean ? bounded(clean, max) : NULL;
	if (!*field)
		g_free(clean);
}

/* Titles come with entities from sources that escape once too often. */
static void
clean_title(jp_posting *p)
{
	if (p->title && strchr(p->title, '&')) {
		char *decoded =
		    jp_html_decode(p->title, (gssize)strnlen(p->title, 16 * JP_MAX_TITLE));

		g_free(p->title);
		p->title = decoded;
	}
	clean_field(&p->title, JP_MAX_TITLE);
}

static void
clean_description(jp_posting *p)
{
	char *text;

	if (p->description_html)
		text = jp_html_to_text(p->description_html, -1, JP_MAX_DESCRIPTION + 4);
	else
		text = jp_text_clean(p->description, -1, JP_MAX_DESCRIPTION + 4, TRUE);
	g_free(p->description);
	g_clear_pointer(&p->description_html, g_free);
	p->description = bounded(text, JP_MAX_DESCRIPTION);
}

/* URLs are shown and stored, never fetched from here (R8): http or https, no blanks, bounded. */
static void
clean_url(char **url)
{
	if (!*url)
		return;
	g_strstrip(*url);
	if (strlen(*url) > JP_MAX_URL || !g_utf8_validate(*url, -1, NULL) ||
	    (g_ascii_strncasecmp(*url, "https://", 8) != 0 &&
		g_ascii_strncasecmp(*url, "http://", 7) != 0))
		g_clear_pointer(url, g_free);
	for (const char *c = *url; c && *c; c++)
		if ((guchar)*c <= ' ' || *c == 0x7f || *c == '<' || *c == '>' || *c == '"') {
			g_clear_pointer(url, g_free);
			return;
		}
}

static gboolean
bad(GError **error, const jp_posting *p, const char *what)
{
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "posting %s%s%s: %s",
	    p->external_id ? p->external_id : "without id", p->title ? " " : "",
	    p->title ? p->title : "", what);
	return FALSE;
}

static gboolean
clean_texts(jp_posting *p, const char *company, GError **error)
{
	clean_field(&p->external_id, JP_MAX_NAME);
	clean_field(&p->requisition, JP_MAX_NAME);
	clean_field(&p->department, JP_MAX_NAME);
	clean_field(&p->company, JP_MAX_NAME);
	clean_title(p);
	clean_url(&p->url);
	clean_url(&p->apply_url);
	if (!p->external_id)
		return bad(error, p, "no id");
	if (!p->title)
		return bad(error, p, "no title");
	if (!p->url && !p->apply_url)
		return bad(error, p, "no URL");
	if (!p->url)
		p->url = g_strdup(p->apply_url);
	if (!p->apply_url)
		p->apply_url = g_strdup(p->url);
	if (!p->company) {
		p->company = jp_text_clean(company, -1, JP_MAX_NAME, FALSE);
		p->company_is_guess = FALSE;
	}
	clean_description(p);
	return TRUE;
}

/* "en-US", "EN", "de_DE" -> two letters; what is none becomes NULL. */
static void
clean_language(jp_posting *p)
{
	char *l = p->language;

	if (!l)
		return;
	if (g_ascii_isalpha(l[0]) && g_ascii_isalpha(l[1]) && !g_ascii_isalpha(l[2])) {
		l[0] = g_ascii_tolower(l[0]);
		l[1] = g_ascii_tolower(l[1]);
		l[2] = '\0';
	} else {
		g_clear_pointer(&p->language, g_free);
	}
}

/* ---- the content hash (R6) ----------------------------------------------------------- */

static void
add_number(GString *to, gint64 n)
{
	char digits[JP_INT_SIZE];

	g_string_append_len(to, digits, (gssize)jp_int_write(digits, n));
}

/*
 * SHA-256 over these lines, each "<tag><length in bytes>:<bytes>\n":
 *
 *   t  title
 *   l  each place's text, sorted by bytes
 *   r  remote, word or empty
 *   e  employment type, word or empty
 *   s  "min max currency period", micro-units, words or empty
 *   d  jp_hash128() of the description, every run of blanks and newlines one blank; 16 bytes
 *
 * A change of what is hashed, or of the rules that make these fields, raises
 * JP_POSTING_HASH_VERSION.
 */
static void
add_line(GString *lines, char tag, const char *bytes, gsize len)
{
	g_string_append_c(lines, tag);
	add_number(lines, (gint64)len);
	g_string_append_c(lines, ':');
	g_string_append_len(lines, bytes, (gssize)len);
	g_string_append_c(lines, '\n');
}

static void
add_text(GString *lines, char tag, const char *text)
{
	add_line(lines, tag, text ? text : "", text ? strlen(text) : 0);
}

static int
by_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_places(GString *lines, const jp_posting *p)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();

	for (guint i = 0; i < p->locations->len; i++)
		g_ptr_array_add(texts, ((const jp_location *)p->locations->pdata[i])->text);
	g_ptr_array_sort(texts, by_bytes);
	for (guint i = 0; i < texts->len; i++)
		add_text(lines, 'l', texts->pdata[i]);
}

/* The text is clean already: newlines, one or two, are the only blanks to collapse. */
static void
add_description(GString *lines, GString *flat, const char *text)
{
	gsize len = strlen(text);
	const char *end = text + len;
	char *to, bytes[16];
	guint64 hash[2];

	to = g_string_set_size(flat, len)->str;
	for (const char *from = text; from < end;) {
		const char *line = memchr(from, '\n', (gsize)(end - from));
		gsize run = (gsize)((line ? line : end) - from);

		memcpy(to, from, run);
		to += run;
		from += run;
		if (*from == '\n' && from[1] != '\n')
			*to++ = ' ';
		from += *from == '\n';
	}
	jp_hash128(flat->str, (gsize)(to - flat->str), hash);
	for (guint i = 0; i < 16; i++)
		bytes[i] = (char)(hash[i / 8] >> (8 * (i % 8)));
	add_line(lines, 'd', bytes, sizeof bytes);
}

static void
add_salary(GString *lines, const jp_posting *p)
{
	g_autoptr(GString) salary = g_string_sized_new(64);

	add_number(salary, p->salary_min);
	g_string_append_c(salary, ' ');
	add_number(salary, p->salary_max);
	g_string_append_c(salary, ' ');
	g_string_append(salary, p->salary_currency);
	g_string_append_c(salary, ' ');
	if (p->salary_period)
		g_string_append(salary, jp_period_word(p->salary_period));
	add_line(lines, 's', salary->str, salary->len);
}

static void
set_hash(jp_posting *p, struct scratch *s)
{
	GString *lines = g_string_truncate(s->lines, 0);
	gsize len = sizeof(p->hash);

	add_text(lines, 't', p->title);
	add_places(lines, p);
	add_text(lines, 'r', jp_remote_word(p->remote));
	add_text(lines, 'e', jp_employment_word(p->employment));
	add_salary(lines, p);
	add_description(lines, s->flat, p->description);
	g_checksum_reset(s->sum);
	g_checksum_update(s->sum, (const guchar *)lines->str, (gssize)lines->len);
	g_checksum_get_digest(s->sum, p->hash, &len);
}

/* ---- near-duplicates ----------------------------------------------------------------- */

/* Characters of tokens of the description that take part in the key. */
#define KEY_CHARS 1500

/* Legal forms and fillers: "Acme GmbH" and "ACME" are one company. */
static gboolean
is_legal_form(const char *word)
{
	static const char *const forms[] = {"gmbh", "inc", "llc", "ltd", "limited", "ag", "se",
	    "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "ab", "as", "aps", "oy", "plc", "corp",
	    "corporation", "co", "kg", "mbh", "ug", "the", "company", "group", "holding"};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
		if (*forms[i] == *word && strcmp(forms[i], word) == 0)
			return TRUE;
	return FALSE;
}

static void
key_company(GString *key, const char *company)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	gsize before = key->len;

	jp_tokens_parse(&t, company, -1);
	for (guint i = 0; i < t.n; i++)
		if (!is_legal_form(jp_tokens_at(&t, i))) {
			g_string_append(key, jp_tokens_at(&t, i));
			g_string_append_c(key, ' ');
		}
	if (key->len == before)
		g_string_append(key, company);
	g_string_append_c(key, '\n');
}

/* "(m/w/d)", "(f/m/x)", "H/F": letters that only say that anyone may apply. */
static gboolean
is_gender_marker(const char *words)
{
	guint n = 0;

	for (const char *p = words + 1; *p; p = strchr(p, ' ') + 1) {
		if (p[1] != ' ' || !strchr("mwdfxhigna", *p))
			return g_str_has_prefix(words, " all genders ") ||
			    g_str_has_prefix(words, " gn ");
		n++;
	}
	return n >= 2;
}

/* One piece of a title between brackets, bars, commas and spaced dashes, unless it is a place, a
 * work model or a gender marker. */
static void
key_title_piece(GString *key, const char *piece, gsize len)
{
	g_autofree char *text = g_strndup(piece, len);
	g_autofree char *words = NULL;

	g_strstrip(text);
	words = jp_token_words(text, -1);
	if (!*text || is_gender_marker(words) || jp_gazetteer_has(text) ||
	    (strlen(text) < 30 && jp_remote_of_place(text) != JP_REMOTE_UNKNOWN))
		return;
	g_string_append(key, words + 1);
}

static gsize
title_separator(const char *start, const char *p)
{
	switch (*p) {
	case '(':
	case ')':
	case '[':
	case ']':
	case '|':
	case ',':
		return 1;
	case '-':
		return p > start && p[-1] == ' ' && p[1] == ' ' ? 1 : 0;
	case '\342': /* en dash, em dash */
		return p[1] == '\200' && (p[2] == '\223' || p[2] == '\224') ? 3 : 0;
	}
	return 0;
}

static void
key_title(GString *key, const char *title)
{
	const char *from = title, *p;
	gsize before = key->len;

	for (p = title; *p; p++) {
		gsize len = title_separator(title, p);

		if (len == 0)
			continue;
		key_title_piece(key, from, (gsize)(p - from));
		p += len - 1;
		from = p + 1;
	}
	key_title_piece(key, from, (gsize)(p - from));
	if (key->len == before)
		g_string_append(key, title); /* nothing but places */
	g_string_append_c(key, '\n');
}

/* The first tokens of the description, a blank behind each where the pool has its NUL. */
static void
key_text(GString *key, const jp_tokens *tokens)
{
	gsize len = tokens->pool_len;
	char *text;

	if (len == 0)
		return;
	if (len > KEY_CHARS) /* to the end of the token that reaches it */
		len = KEY_CHARS + strlen(tokens->pool + KEY_CHARS - 1);
	g_string_append_len(key, tokens->pool, (gssize)len);
	text = key->str + key->len - len;
	for (guint i = 1; i < tokens->n && tokens->items[i].at <= len; i++)
		text[tokens->items[i].at - 1] = ' ';
	text[len - 1] = ' ';
}

static void
set_dedupe_key(jp_posting *p, struct scratch *s)
{
	GString *key = g_string_truncate(s->key, 0);
	guint64 hash[2];

	key_company(key, p->company);
	key_title(key, p->title);
	key_text(key, &s->text);
	/* Without a text, company and title alone would join what differs. */
	if (s->text.n == 0)
		g_string_append(key, p->external_id);
	jp_hash128(key->str, key->len, hash);
	p->dedupe_key = (gint64)(hash[0] >> 1);
}

/* ---- all of it ----------------------------------------------------------------------- */

static void
set_skills(jp_posting *p, const jp_tokens *title, const jp_tokens *tokens)
{
	g_autoptr(GPtrArray) in_title = jp_skills_in(title, p->title);
	g_autoptr(GPtrArray) in_text = jp_skills_in(tokens, p->description);

	for (guint i = 0; i < in_text->len; i++)
		if (!g_ptr_array_find(in_title, in_text->pdata[i], NULL))
			g_ptr_array_add(in_title, in_text->pdata[i]);
	g_ptr_array_sort(in_title, by_bytes);
	g_ptr_array_set_size(p->skills, 0);
	for (guint i = 0; i < in_title->len; i++)
		g_ptr_array_add(p->skills, g_strdup(in_title->pdata[i]));
}

static void
clean_salary(jp_posting *p)
{
	if (p->salary_min < 0)
		p->salary_min = 0;
	if (p->salary_max < 0)
		p->salary_max = 0;
	if (p->salary_min && p->salary_max && p->salary_min > p->salary_max) {
		gint64 swap = p->salary_min;

		p->salary_min = p->salary_max;
		p->salary_max = swap;
	}
}

gboolean
jp_posting_normalise(jp_posting *p, const char *company, GError **error)
{
	struct scratch *s = scratch();

	if (!clean_texts(p, company, error))
		return FALSE;
	clean_language(p);
	clean_salary(p);
	jp_tokens_parse(&s->title, p->title, -1);
	jp_tokens_parse(&s->text, p->description, -1);
	jp_enrich(p, &s->title, &s->text);
	set_skills(p, &s->title, &s->text);
	set_hash(p, s);
	set_dedupe_key(p, s);
	if (s->text.room > MAX_KEPT)
		jp_tokens_clear(&s->text);
	return TRUE;
}
