/*
 * Hacker News, "Ask HN: Who is hiring?": first the newest threads of the account that opens them
 * (GET /api/v1/search_by_date), of which the newest and the one before are read, each whole (GET
 * /api/v1/items/{id}); replies, and comments that are deleted, dead or empty, are no postings.
 *
 * Comments are free text.  By custom the first line is "Company | Role | Place | REMOTE | type |
 * URL" in any order: it is kept whole as the title, and each piece is looked at for what it can
 * only be.  Nobody's name is kept (boards.md, section 13).
 */
#include "board/internal.h"

#include <string.h>

/* Of the first line that is looked at. */
#define MAX_LINE   1000
#define MAX_PIECES 16
/* A longer piece is prose. */
#define MAX_PIECE 120
/* Pieces that name a kind of contract are short; roles that contain such a word often are not. */
#define MAX_EMPLOYMENT 40

static gboolean
recognise(const char *url, char **token)
{
	const gboolean is_account =
	    strstr(url, "news.ycombinator.com/") != NULL && strstr(url, "id=whoishiring") != NULL;

	if (is_account)
		*token = g_strdup("whoishiring");
	return is_account;
}

static char *
canonical(const char *given, GError **error)
{
	if (strcmp(given, "whoishiring") == 0)
		return g_strdup(given);
	g_set_error_literal(
	    error, JP_ERROR, JP_ERROR_DATA, "the hn board is called whoishiring: hn:whoishiring");
	return NULL;
}

/* The cursor holds the ids of the threads still to be read, joined by commas. */
static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	const char *base = "https://hn.algolia.com";
	g_auto(GStrv) ids = g_strsplit(b->cursor ? b->cursor : "", ",", 2);

	if (page == 0 || !ids[0])
		out->url = jp_query_url(b->base_url, base, "/api/v1/search_by_date",
		    "tags=story,author_whoishiring&hitsPerPage=10", "all");
	else
		out->url = jp_site_url(b->base_url, base, "/api/v1/items/", ids[0], "");
}

/* ---- the first line ------------------------------------------------------------------------- */

static gboolean
has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (jp_listing_has_word(text, *words))
			return TRUE;
	return FALSE;
}

static gboolean
is_url(const char *piece)
{
	const char *dot = strchr(piece, '.');

	return strstr(piece, "http") || g_str_has_prefix(piece, "www.") ||
	    (dot && g_ascii_isalpha(dot[1]) && !strpbrk(piece, " ,"));
}

static gboolean
is_role(const char *piece)
{
	static const char *const words[] = {"engineer", "engineers", "engineering", "developer",
	    "developers", "designer", "designers", "scientist", "scientists", "manager", "managers",
	    "architect", "architects", "lead", "researcher", "researchers", "founder", "cto",
	    "analyst", "writer", "programmer", "programmers", "devops", "sre", "roles", "positions",
	    "software", "fullstack", "backend", "frontend", "product", "sales", "marketing", NULL};

	return has_any(piece, words);
}

static gboolean
is_employment(const char *piece)
{
	static const char *const words[] = {"full", "fulltime", "part", "parttime", "contract",
	    "contractor", "contractors", "intern", "interns", "internship", "internships",
	    "freelance", "freelancers", "temporary", "permanent", NULL};

	return strlen(piece) <= MAX_EMPLOYMENT && !is_role(piece) && has_any(piece, words);
}

static gboolean
is_pay(const char *piece)
{
	if (strstr(piece, "$") || strstr(piece, "€") || strstr(piece, "£"))
		return TRUE;
	for (const char *k = strpbrk(piece, "kK"); k; k = strpbrk(k + 1, "kK"))
		if (k > piece && g_ascii_isdigit(k[-1]))
			return TRUE;
	return FALSE;
}

/* Remote beats hybrid beats onsite: the line lists what is possible. */
static jp_remote
model_of(const char *piece)
{
	static const char *const remote[] = {"remote", "remotely", "wfh", "distributed", NULL};
	static const char *const onsite[] = {"onsite", "site", "person", "office", NULL};

	if (has_any(piece, remote))
		return JP_REMOTE_REMOTE;
	if (jp_listing_has_word(piece, "hybrid"))
		return JP_REMOTE_HYBRID;
	return has_any(piece, onsite) ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

/* Words that stand beside places and are none, and initials of other things than countries. */
static gboolean
is_beside(const char *word)
{
	static const char *const words[] = {"remote", "remotely", "onsite", "on-site", "hybrid",
	    "only", "preferred", "hq", "in-person", "in-office", "office", "based", "in", "days",
	    "week", "wk", "ai", "ml", "qa", "it", "pm", "vc", "vp", "swe", "vr", "ar", "iot",
	    "multiple", "various", "possible", "first", "onsite/hybrid", "timezones", "timezone",
	    "time", "est", "cet", "pst", "cst", "gmt", "utc", NULL};
	g_autofree char *lower = g_ascii_strdown(word, -1);

	return g_strv_contains(words, lower) || g_ascii_isdigit(*word);
}

/* "Remote US-based" -> "US"; the commas stay. */
static char *
place_words(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 0);
	g_autoptr(GString) kept = g_string_new(NULL);

	for (char **w = words; *w; w++) {
		gsize len = strcspn(*w, ",");
		g_autofree char *word = g_strndup(*w, len);

		if (g_str_has_suffix(word, "-based") || g_str_has_suffix(word, "-Based"))
			word[len - strlen("-based")] = '\0';
		if (*word && !is_beside(word))
			g_string_append_printf(
			    kept, "%s%s%s", kept->len ? " " : "", word, *w + len);
	}
	while (kept->len > 0 && strchr(", ", kept->str[kept->len - 1]))
		g_string_truncate(kept, kept->len - 1);
	return g_string_free(g_steal_pointer(&kept), FALSE);
}

/* Adds what is known as a place. */
static void
add_known(jp_posting *p, const char *text)
{
	g_autoptr(jp_posting) scratch = jp_posting_new();

	jp_posting_add_place(scratch, text);
	for (guint i = 0; i < scratch->locations->len; i++) {
		const jp_location *l = g_ptr_array_index(scratch->locations, i);

		if (l->country)
			jp_posting_add_location(p, l->text, l->city, l->region, l->country);
	}
}

/* A piece as a list of places: "NYC (hybrid) or Remote (US)". */
static void
add_places(jp_posting *p, const char *piece)
{
	static const char *const separators[] = {
	    "(", ")", "[", "]", "/", "&", "+", "•", "·", " or ", " and "};
	g_autoptr(GString) list = g_string_new(piece);
	g_auto(GStrv) parts = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(separators); i++)
		g_string_replace(list, separators[i], ";", 0);
	parts = g_strsplit(list->str, ";", MAX_PIECES);
	for (char **part = parts; *part; part++) {
		g_autofree char *place = place_words(g_strstrip(*part));

		if (strlen(place) >= 2)
			add_known(p, place);
	}
}

static void
read_piece(jp_posting *p, const char *piece)
{
	jp_remote model = model_of(piece);

	if (*piece == '\0' || strlen(piece) > MAX_PIECE || is_url(piece))
		return;
	if (is_pay(piece) && p->salary_max == 0)
		(void)jp_posting_read_salary(p, piece); /* words may state none */
	if (is_employment(piece) && p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = jp_employment_read(piece);
	if (model != JP_REMOTE_UNKNOWN && (p->remote == JP_REMOTE_UNKNOWN || model > p->remote))
		p->remote = model;
	if (!is_role(piece) && !is_pay(piece))
		add_places(p, piece);
}

/* "Data Engineer", "Specialists" */
static gboolean
ends_in_role(const char *name)
{
	static const char *const roles[] = {"engineer", "developer", "designer", "scientist",
	    "manager", "architect", "researcher", "specialist", "analyst", "cto", "founder", NULL};
	const char *blank = strrchr(name, ' ');
	g_autofree char *last = g_ascii_strdown(blank ? blank + 1 : name, -1);
	gsize len = strlen(last);

	if (len > 1 && last[len - 1] == 's')
		last[len - 1] = '\0';
	return g_strv_contains(roles, last);
}

/* "Acme (https://acme.example) [YC W20]", "Acme - all about anvils" -> "Acme"; NULL when the piece
 * is no name. */
static char *
company_of(const char *piece)
{
	static const char *const ends[] = {" - ", " – ", " — ", " http", ": "};
	g_autofree char *name = g_strndup(piece, strcspn(piece, "([{"));

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		char *end = strstr(name, ends[i]);

		if (end)
			*end = '\0';
	}
	g_strstrip(name);
	if (strlen(name) < 2 || strlen(name) > 60 || strstr(name, "://") || is_pay(name) ||
	    is_employment(name) || ends_in_role(name) ||
	    (model_of(name) != JP_REMOTE_UNKNOWN && strlen(name) < 12))
		return NULL;
	return g_steal_pointer(&name);
}

/* Without separators: "Acme is hiring ...", "Acme (YC W20) is hiring ...". */
static char *
company_in_prose(const char *line)
{
	const char *at = strstr(line, " is hiring");
	g_autofree char *before = NULL;

	at = at ? at : strstr(line, " is looking for");
	if (!at || at - line > 60)
		return NULL;
	before = g_strndup(line, (gsize)(at - line));
	return company_of(before);
}

static char **
split_line(const char *line)
{
	static const char *const others[] = {" • ", " · ", " — ", " – ", " -- ", " - "};

	for (guint i = 0; !strchr(line, '|') && i < G_N_ELEMENTS(others); i++) {
		char **pieces = g_strsplit(line, others[i], MAX_PIECES);

		if (g_strv_length(pieces) > (i < 2 ? 2 : 1) && strlen(pieces[0]) <= 40)
			return pieces;
		g_strfreev(pieces);
	}
	return g_strsplit(line, "|", MAX_PIECES);
}

/* The company is the first piece; the rest may stand in any order. */
static void
read_line(jp_posting *p, const char *line)
{
	g_auto(GStrv) pieces = split_line(line);
	guint n = g_strv_length(pieces);

	if (n < 2) {
		p->company = company_in_prose(line);
		p->remote = model_of(line);
		return;
	}
	for (guint i = 0; i < n; i++)
		g_strstrip(pieces[i]);
	p->company = company_of(pieces[0]);
	for (guint i = 1; i < n; i++)
		read_piece(p, pieces[i]);
}

/* ---- comments ------------------------------------------------------------------------------- */

/* Up to the first paragraph that has a text. */
static char *
first_line(const char *html)
{
	g_autofree char *head = g_strndup(html, 4 * MAX_LINE);
	g_autofree char *text = NULL;
	char *line;

	for (char *p = strstr(head, "<p>"); p; p = strstr(p + 3, "<p>"))
		if (p > head) {
			*p = '\0';
			break;
		}
	text = jp_html_to_text(head, -1, MAX_LINE);
	text[strcspn(text, "\n")] = '\0';
	for (line = text; *line == '#' || *line == '*' || *line == ' '; line++)
		;
	return g_strdup(line);
}

/* The first link of the comment: the company's page, or the posting itself. */
static char *
first_link(const char *html)
{
	const char *at = strstr(html, "href=\""), *end = at ? strchr(at + 6, '"') : NULL;
	g_autofree char *url = end ? jp_html_decode(at + 6, end - at - 6) : NULL;

	return jp_listing_url(url);
}

static jp_posting *
read_comment(const cJSON *c, const jp_board_ref *b)
{
	const char *html = jp_json_text(c, "comment_text");
	g_autofree char *line = NULL;
	jp_posting *p = jp_posting_new();

	html = html ? html : jp_json_text(c, "text");
	p->external_id = jp_json_id(c, "objectID");
	p->external_id = p->external_id ? p->external_id : jp_json_id(c, "id");
	if (p->external_id)
		p->url = g_strdup_printf("https://news.ycombinator.com/item?id=%s", p->external_id);
	line = first_line(html);
	read_line(p, line);
	p->title = g_steal_pointer(&line);
	if (!p->company)
		jp_items_company(p, NULL, b, "Hacker News");
	p->apply_url = first_link(html);
	p->description_html = g_strdup(html);
	p->posted_at = jp_items_epoch(c, "created_at_i");
	if (!p->posted_at)
		p->posted_at = jp_listing_time(c, "created_at", NULL);
	return p;
}

static gboolean
is_set(const cJSON *c, const char *key)
{
	gboolean value = FALSE;

	return jp_json_bool(c, key, &value) && value;
}

/* A top-level comment with a text.  In a tree the level is given, in a search it is told. */
static gboolean
is_posting(const cJSON *c)
{
	g_autofree char *parent = jp_json_id(c, "parent_id"), *story = jp_json_id(c, "story_id");
	const char *text = jp_json_text(c, "comment_text");

	text = text ? text : jp_json_text(c, "text");
	if (!text || is_set(c, "deleted") || is_set(c, "dead"))
		return FALSE;
	return text[strspn(text, " \r\n\t")] && (!story || g_strcmp0(parent, story) == 0);
}

static void
add_comments(jp_listing *out, const jp_board_ref *b, const cJSON *comments)
{
	const cJSON *c;
	guint n = 0;

	cJSON_ArrayForEach (c, comments) {
		g_autofree char *where = g_strdup_printf("comments[%u]", n++);

		if (cJSON_IsObject(c) && is_posting(c))
			jp_listing_add(out, read_comment(c, b), b->company, where);
	}
}

/* ---- threads -------------------------------------------------------------------------------- */

/* The newest thread and the one before; the account also posts "Who wants to be hired?". */
static char *
threads_of(const cJSON *hits)
{
	GString *ids = g_string_new(NULL);
	const cJSON *hit;
	guint n = 0;

	cJSON_ArrayForEach (hit, hits) {
		const char *title = jp_json_text(hit, "title");
		g_autofree char *id = jp_json_id(hit, "objectID");

		if (!title || !id || n == 2 || strspn(id, G_CSET_DIGITS) != strlen(id) ||
		    !strstr(title, "Who is hiring"))
			continue;
		g_string_append_printf(ids, "%s%s", n++ ? "," : "", id);
	}
	return g_string_free(ids, FALSE);
}

/* Hits of stories are threads to be read, hits of comments are postings. */
static gboolean
read_hits(jp_listing *out, const jp_board_ref *b, const cJSON *hits, gboolean *more, GError **error)
{
	const cJSON *first = cJSON_GetArrayItem(hits, 0);

	if (jp_json_text(first, "comment_text")) {
		add_comments(out, b, hits);
		return TRUE;
	}
	g_free(out->cursor);
	out->cursor = threads_of(hits);
	*more = *out->cursor != '\0';
	if (!*more)
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "no thread \"Who is hiring\" among the newest");
	return *more;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	g_auto(GStrv) ids = g_strsplit(b->cursor ? b->cursor : "", ",", 2);
	const cJSON *hits = jp_json_get(root, "hits"), *tree = jp_json_get(root, "children");

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	if (cJSON_IsArray(hits))
		return read_hits(out, b, hits, more, error);
	if (!cJSON_IsArray(tree)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "neither threads nor comments in the answer");
		return FALSE;
	}
	add_comments(out, b, tree);
	*more = ids[0] && ids[1] && *ids[1];
	if (*more) {
		char *rest = g_strdup(ids[1]);

		g_free(out->cursor);
		out->cursor = rest;
	}
	return TRUE;
}

const jp_adapter jp_adapter_hn = {
    .kind = "hn",
    .summary = "Hacker News, \"Who is hiring?\" (the token is whoishiring)",
    .accept = "application/json",
    .window = TRUE,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
