/*
 * A listing as it is gathered: the postings that could be read, the items that could not, and
 * whether it is complete (R1).  Also the small readings that every adapter needs.
 */
#include "board/internal.h"

#include <string.h>

/* Problems kept of one listing: enough to see what is wrong, not a copy of the board. */
#define MAX_PROBLEMS 100

jp_listing *
jp_listing_new(void)
{
	jp_listing *l = g_new0(jp_listing, 1);

	l->postings = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	l->problems = g_ptr_array_new_with_free_func(g_free);
	l->unread = g_ptr_array_new_with_free_func(g_free);
	l->items = g_ptr_array_new_with_free_func((GDestroyNotify)jp_item_free);
	l->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	l->complete = TRUE;
	l->total = -1;
	return l;
}

void
jp_listing_free(jp_listing *l)
{
	if (!l)
		return;
	g_hash_table_unref(l->ids);
	g_ptr_array_unref(l->postings);
	g_ptr_array_unref(l->problems);
	g_ptr_array_unref(l->unread);
	g_ptr_array_unref(l->items);
	g_free(l->incomplete_why);
	g_free(l->cursor);
	g_free(l);
}

static void add_problem(jp_listing *l, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);

static void
add_problem(jp_listing *l, const char *fmt, va_list ap)
{
	l->n_bad++;
	if (l->problems->len < MAX_PROBLEMS)
		g_ptr_array_add(l->problems, g_strdup_vprintf(fmt, ap));
}

void
jp_listing_problem(jp_listing *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_problem(l, fmt, ap);
	va_end(ap);
	l->n_nameless++;
}

void
jp_listing_unread(jp_listing *l, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_problem(l, fmt, ap);
	va_end(ap);
	g_ptr_array_add(l->unread, g_strdup(id));
}

void
jp_listing_partial(jp_listing *l, const char *fmt, ...)
{
	va_list ap;

	l->complete = FALSE;
	if (l->incomplete_why)
		return;
	va_start(ap, fmt);
	l->incomplete_why = g_strdup_vprintf(fmt, ap);
	va_end(ap);
}

static gboolean
has_room(jp_listing *l)
{
	if (l->postings->len + l->items->len < JP_MAX_LISTING)
		return TRUE;
	jp_listing_partial(l, "more than %d postings", JP_MAX_LISTING);
	return FALSE;
}

/* FALSE: it cannot be read, which is recorded. */
static gboolean
normalise(jp_listing *l, jp_posting *p, const char *company, const char *where)
{
	g_autoptr(GError) error = NULL;

	if (jp_posting_normalise(p, company, &error))
		return TRUE;
	if (p->external_id)
		jp_listing_unread(l, p->external_id, "%s: %s", where, error->message);
	else
		jp_listing_problem(l, "%s: %s", where, error->message);
	return FALSE;
}

void
jp_listing_add(jp_listing *l, jp_posting *p, const char *company, const char *where)
{
	g_autoptr(jp_posting) posting = p;

	if (!has_room(l) || !normalise(l, posting, company, where))
		return;
	if (g_hash_table_contains(l->ids, posting->external_id))
		return;
	g_hash_table_add(l->ids, g_strdup(posting->external_id));
	g_ptr_array_add(l->postings, g_steal_pointer(&posting));
}

/* ---- items that wait for their details -------------------------------------------------- */

void
jp_item_free(jp_item *item)
{
	if (!item)
		return;
	jp_posting_free(item->posting);
	g_free(item->ref);
	g_free(item->where);
	g_free(item);
}

void
jp_listing_item(jp_listing *l, jp_posting *p, const char *ref, const char *where)
{
	g_autoptr(jp_posting) posting = p;
	g_autofree char *id = NULL;
	jp_item *item;

	if (!has_room(l))
		return;
	id = p->external_id ? jp_text_clean(p->external_id, -1, JP_MAX_NAME, FALSE) : NULL;
	if (!id || !*id) {
		jp_listing_problem(l, "%s: no id", where);
		return;
	}
	if (g_hash_table_contains(l->ids, id))
		return;
	g_hash_table_add(l->ids, g_strdup(id));
	g_free(p->external_id);
	p->external_id = g_steal_pointer(&id);
	item = g_new0(jp_item, 1);
	item->posting = g_steal_pointer(&posting);
	item->ref = g_strdup(ref);
	item->where = g_strdup(where);
	g_ptr_array_add(l->items, item);
}

void
jp_listing_item_done(jp_listing *l, jp_item *item, const char *company)
{
	g_autoptr(jp_posting) posting = g_steal_pointer(&item->posting);

	if (normalise(l, posting, company, item->where))
		g_ptr_array_add(l->postings, g_steal_pointer(&posting));
}

/* Each text with its NUL, a missing one as an empty one. */
static void
feed(GChecksum *sum, const char *text)
{
	const char *t = text ? text : "";

	g_checksum_update(sum, (const guchar *)t, (gssize)strlen(t) + 1);
}

static void
feed_places(GChecksum *sum, const jp_posting *p)
{
	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *place = g_ptr_array_index(p->locations, i);

		feed(sum, place->text);
		feed(sum, place->city);
		feed(sum, place->region);
		feed(sum, place->country);
	}
}

void
jp_item_fingerprint(const jp_item *item, guint8 out[32])
{
	const jp_posting *p = item->posting;
	/* a date that was derived ("3 days ago") moves by itself */
	gint64 posted = p->posted_flags & JP_POSTED_DERIVED ? 0 : p->posted_at;
	g_autofree char *numbers = g_strdup_printf("%d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
						   " %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
	    (int)p->employment, (int)p->level, (int)p->remote, p->salary_min, p->salary_max,
	    (int)p->salary_period, posted, p->valid_through);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize len = 32;

	feed(sum, p->external_id);
	feed(sum, p->requisition);
	feed(sum, p->title);
	feed(sum, p->company);
	feed(sum, p->department);
	feed(sum, p->url);
	feed(sum, p->apply_url);
	feed(sum, p->salary_currency);
	feed(sum, item->ref);
	feed(sum, numbers);
	feed_places(sum, p);
	g_checksum_get_digest(sum, out, &len);
}

void
jp_listing_check_total(jp_listing *l)
{
	gint64 n = g_hash_table_size(l->ids) + l->n_bad;

	if (l->total > n)
		jp_listing_partial(l,
		    "%" G_GINT64_FORMAT " of the %" G_GINT64_FORMAT " postings stated came", n,
		    l->total);
}

void
jp_page_request_clear(jp_page_request *r)
{
	g_clear_pointer(&r->method, g_free);
	g_clear_pointer(&r->url, g_free);
	g_clear_pointer(&r->body, g_free);
	g_clear_pointer(&r->content_type, g_free);
	g_clear_pointer(&r->headers, g_strfreev);
	g_clear_pointer(&r->secret, g_free);
}

/* ---- readings that adapters share ------------------------------------------------------- */

gint64
jp_listing_time(const cJSON *o, const char *path, guint *flags)
{
	const char *text = jp_json_text(o, path);
	gboolean date_only = FALSE;
	gint64 ms;

	if (!text || !jp_time_parse(text, &ms, &date_only))
		return 0;
	if (date_only && flags)
		*flags |= JP_POSTED_DATE_ONLY;
	return ms;
}

char *
jp_listing_url(const char *url)
{
	g_autofree char *copy = NULL;

	if (!url)
		return NULL;
	copy = g_strstrip(g_strdup(url));
	if (g_ascii_strncasecmp(copy, "https://", 8) != 0 &&
	    g_ascii_strncasecmp(copy, "http://", 7) != 0)
		return NULL;
	if (strlen(copy) > JP_MAX_URL)
		return NULL;
	for (const char *c = copy; *c; c++)
		if ((guchar)*c <= ' ' || *c == 0x7f || *c == '<' || *c == '>' || *c == '"')
			return NULL;
	return g_steal_pointer(&copy);
}

static gboolean
is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\r\n")] == '\0';
}

/* A token that is a URL names its host. */
static char *
name_of_token(const char *token)
{
	g_autoptr(GUri) uri =
	    strstr(token, "://") ? g_uri_parse(token, G_URI_FLAGS_ENCODED, NULL) : NULL;
	const char *host = uri ? g_uri_get_host(uri) : NULL;

	if (!host || !*host)
		return g_strdup(token);
	return g_strdup(g_str_has_prefix(host, "www.") ? host + 4 : host);
}

void
jp_listing_company(jp_posting *p, const char *payload, const jp_board_ref *b)
{
	if (!is_blank(payload)) {
		p->company = g_strdup(payload);
	} else if (is_blank(b->company)) {
		p->company = name_of_token(b->token);
		p->company_is_guess = TRUE;
	}
}

char *
jp_listing_department(const char *specific, const char *general)
{
	if (is_blank(specific))
		return is_blank(general) ? NULL : g_strdup(general);
	if (is_blank(general) || jp_text_eq_folded(specific, general))
		return g_strdup(specific);
	return g_strdup_printf("%s, %s", specific, general);
}

char *
jp_listing_excerpt(const char *text)
{
	return jp_text_clean(text, -1, 80, FALSE);
}

char *
jp_listing_html_from_plain(const char *text)
{
	g_autofree char *escaped = jp_html_escape(text);
	GString *html = g_string_new(escaped);

	g_string_replace(html, "\n", "<br>", 0);
	return g_string_free(html, FALSE);
}

const char *
jp_listing_country(const char *name, const char *code)
{
	const char *alpha2 = jp_country_read(name ? name : "");

	if (!alpha2)
		alpha2 = jp_country_read(code ? code : "");
	if (alpha2 && jp_country_name(alpha2))
		return jp_country_name(alpha2);
	if (!is_blank(name))
		return name;
	return is_blank(code) ? NULL : code;
}

void
jp_listing_level(jp_posting *p, const char *word)
{
	g_autofree char *folded = word ? jp_text_fold(word) : NULL;
	gboolean is_vague;

	if (!folded)
		return;
	is_vague =
	    (strstr(folded, "mid") && strstr(folded, "senior")) || strstr(folded, "experienced");
	if (strstr(folded, "executive"))
		p->level = JP_LEVEL_EXECUTIVE;
	else if (!is_vague)
		p->level = jp_level_read(word);
	else if (!p->title || jp_level_read(p->title) == JP_LEVEL_UNKNOWN)
		p->level = JP_LEVEL_MID;
}

void
jp_listing_append_part(GString *html, const char *heading, const char *part)
{
	g_autofree char *escaped = NULL;

	if (is_blank(part))
		return;
	if (!is_blank(heading)) {
		escaped = jp_html_escape(heading);
		g_string_append_printf(html, "<h3>%s</h3>", escaped);
	}
	g_string_append_printf(html, "<div>%s</div>", part);
}

gboolean
jp_listing_is_path(const char *path)
{
	if (!path || *path != '/' || strlen(path) > JP_MAX_URL / 2 || strstr(path, "..") ||
	    strstr(path, "//"))
		return FALSE;
	for (const char *c = path; *c; c++)
		if ((guchar)*c <= ' ' || *c == 0x7f || strchr("<>\"?#\\", *c))
			return FALSE;
	return TRUE;
}

void
jp_listing_append_note(GString *html, const char *text)
{
	g_autofree char *escaped = jp_html_escape(text);

	g_string_append_printf(html, "<p>%s</p>", escaped);
}

/* "<p", "</p", "<!--": not "a < b". */
static gboolean
has_markup(const char *html)
{
	for (const char *lt = strchr(html, '<'); lt; lt = strchr(lt + 1, '<'))
		if (g_ascii_isalpha(lt[1]) || lt[1] == '/' || lt[1] == '!')
			return TRUE;
	return FALSE;
}

static gboolean
is_escaped_tag(const char *lt)
{
	return g_str_has_prefix(lt, "&lt;") && (g_ascii_isalpha(lt[4]) || lt[4] == '/');
}

/* Markup that is all entities, once ("&lt;p") or more often ("&amp;lt;p"), or begins so: services
 * put their own line below what they escaped. */
static gboolean
is_escaped(const char *html)
{
	const char *first = html + strspn(html, " \t\r\n");

	if (is_escaped_tag(first))
		return TRUE;
	if (has_markup(html))
		return FALSE;
	for (; (first = strchr(first, '&')); first++)
		if (is_escaped_tag(first))
			return TRUE;
	return strstr(html, "&amp;lt;") != NULL;
}

char *
jp_listing_unescape(const char *html)
{
	g_autofree char *text = g_strdup(html);
	GString *lines;

	for (guint i = 0; i < 3 && is_escaped(text); i++) {
		char *decoded = jp_html_decode(text, -1);

		g_free(text);
		text = decoded;
	}
	if (has_markup(text) || !strchr(text, '\n'))
		return g_steal_pointer(&text);
	lines = g_string_new(text);
	g_string_replace(lines, "\n", "<br>", 0);
	return g_string_free(lines, FALSE);
}

char *
jp_listing_url_id(const char *url)
{
	return strlen(url) <= JP_MAX_NAME
	    ? g_strdup(url)
	    : g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
}

char *
jp_listing_title(const char *title)
{
	if (title && strpbrk(title, "<&"))
		return jp_html_to_text(title, -1, JP_MAX_TITLE);
	return g_strdup(title);
}

/* Reads digits in groups of three, with decimals that are not three: "60,000.00", "60.000". */
static double
grouped(const char *p)
{
	double value = 0, unit = 1;
	gboolean decimals = FALSE;

	for (; *p; p++) {
		gsize n = strspn(p + 1, G_CSET_DIGITS);

		if (g_ascii_isdigit(*p)) {
			unit /= decimals ? 10 : 1;
			value = decimals ? value + (*p - '0') * unit : value * 10 + (*p - '0');
		} else if (strchr(".,' ", *p) && n > 0 && n != 3 && !decimals) {
			decimals = TRUE;
		} else if (!strchr(",.' ", *p) || n != 3 || decimals) {
			break;
		}
	}
	return *p == 'k' || *p == 'K' ? value * 1000 : value;
}

double
jp_listing_amount(const cJSON *v)
{
	const char *text = cJSON_IsString(v) ? v->valuestring : "";

	if (cJSON_IsNumber(v))
		return MAX(v->valuedouble, 0);
	/* one amount, with what stands around it; two are words, which others read */
	if (strlen(text) > 40 || strchr(text, '-') || strstr(text, "\342\200\223") ||
	    strstr(text, " to "))
		return 0;
	return grouped(text + strcspn(text, G_CSET_DIGITS));
}

gboolean
jp_listing_has_word(const char *text, const char *word)
{
	gsize len = strlen(word);

	for (const char *p = text; *p;) {
		gsize n = strspn(p, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");

		if (n == len && g_ascii_strncasecmp(p, word, len) == 0)
			return TRUE;
		p += n ? n : 1;
	}
	return FALSE;
}
