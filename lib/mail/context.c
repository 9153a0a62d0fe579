/*
 * What the digest's templates see: every text cleaned and cut, every address of a link checked,
 * every time in words on the subscriber's calendar, so that a template only has to say where things
 * stand. The names are a contract with operators' templates, described in jobping-templates(5).
 * Pure.
 */
#include "mail/internal.h"

#include <string.h>

/* Columns after which a text is cut: a title may fill two lines of the plain text, no more. */
#define MAX_TITLE_COLUMNS   140
#define MAX_NAME_COLUMNS    60
#define MAX_PLACE_COLUMNS   80
#define MAX_SNIPPET_COLUMNS 220
#define MAX_SUBJECT_TITLE   60
#define MAX_SUBJECT_NAME    30
#define MAX_WHY             4 /* reasons */
#define MAX_SEARCHES        3 /* names in "you asked for ..." */

/* ---- words ----------------------------------------------------------------------------------- */

static char *
clean(const char *text, guint columns)
{
	g_autofree char *line = jp_text_clean(text ? text : "", -1, JP_MAX_URL, FALSE);

	return jp_text_cut(line, columns);
}

static void
add_clean(cJSON *o, const char *key, const char *text, guint columns)
{
	g_autofree char *s = clean(text, columns);

	cJSON_AddStringToObject(o, key, s);
}

static char *
jobs(guint n, const char *what)
{
	return g_strdup_printf("%u %s %s", n, what, n == 1 ? "job" : "jobs");
}

static void
add_count(cJSON *o, guint n)
{
	g_autofree char *count = jobs(n, "new");

	cJSON_AddNumberToObject(o, "n", n);
	cJSON_AddStringToObject(o, "count", count);
}

/* ---- dates, in English whatever the locale --------------------------------------------------- */

static GDateTime *
local_time(GTimeZone *zone, gint64 ms)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / JP_SECOND);

	return utc ? g_date_time_to_timezone(utc, zone) : g_date_time_new_utc(1970, 1, 1, 0, 0, 0);
}

static char *
date_words(GDateTime *t)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June",
	    "July", "August", "September", "October", "November", "December"};

	return g_strdup_printf("%d %s %d", g_date_time_get_day_of_month(t),
	    months[g_date_time_get_month(t) - 1], g_date_time_get_year(t));
}

static const char *
weekday_word(GDateTime *t)
{
	static const char *const days[] = {
	    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

	return days[g_date_time_get_day_of_week(t) - 1];
}

static int
day_number(GDateTime *t)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)g_date_time_get_day_of_month(t),
	    (GDateMonth)g_date_time_get_month(t), (GDateYear)g_date_time_get_year(t));
	return (int)g_date_get_julian(&date);
}

/* "posted today", "found yesterday", "posted 5 days ago", "posted on 3 March 2026". */
static char *
age_words(GTimeZone *zone, GDateTime *now, const jp_digest_item *item)
{
	const char *verb = item->posted_at > 0 ? "posted" : "found";
	gint64 ms = item->posted_at > 0 ? item->posted_at : item->first_seen;
	g_autoptr(GDateTime) then = local_time(zone, ms);
	g_autofree char *date = NULL;
	int days = day_number(now) - day_number(then);

	if (ms <= 0)
		return NULL;
	if (days <= 0)
		return g_strconcat(verb, " today", NULL);
	if (days == 1)
		return g_strconcat(verb, " yesterday", NULL);
	if (days <= 30)
		return g_strdup_printf("%s %d days ago", verb, days);
	date = date_words(then);
	return g_strdup_printf("%s on %s", verb, date);
}

/* ---- one posting ----------------------------------------------------------------------------- */

/* Only the web, and only what can stand in a header-like line and an attribute; else NULL. */
static char *
web_url(const char *url)
{
	GString *s;

	if (!url || strlen(url) > JP_MAX_URL || !g_utf8_validate(url, -1, NULL) ||
	    (g_ascii_strncasecmp(url, "https://", 8) != 0 &&
		g_ascii_strncasecmp(url, "http://", 7) != 0))
		return NULL;
	s = g_string_sized_new(strlen(url) + 1);
	for (const char *p = url; *p; p++) {
		guchar c = (guchar)*p;

		if (c <= ' ' || c >= 0x7f || strchr("<>\"\\^`{|}", c))
			g_string_append_printf(s, "%%%02X", c);
		else
			g_string_append_c(s, *p);
	}
	return g_string_free(s, FALSE);
}

static const char *
remote_words(const char *word)
{
	if (g_strcmp0(word, "remote") == 0)
		return "Remote";
	if (g_strcmp0(word, "hybrid") == 0)
		return "Hybrid";
	return g_strcmp0(word, "onsite") == 0 ? "On site" : word;
}

/* "full_time" -> "full-time". */
static char *
type_words(const char *word)
{
	return word ? g_strdelimit(g_strdup(word), "_", '-') : NULL;
}

static void
join(GString *s, const char *separator, const char *text)
{
	if (!text || !*text)
		return;
	if (s->len)
		g_string_append(s, separator);
	g_string_append(s, text);
}

static void
add_facts(cJSON *o, const jp_digest_item *item, const char *age)
{
	g_autoptr(GString) facts = g_string_new(NULL);
	g_autofree char *type = type_words(item->type);
	const char *remote = remote_words(item->remote);

	join(facts, " · ", remote);
	join(facts, " · ", type);
	join(facts, " · ", item->salary);
	join(facts, " · ", age);
	join(facts, " · ", item->credit);
	add_clean(o, "remote", remote, MAX_NAME_COLUMNS);
	add_clean(o, "type", type, MAX_NAME_COLUMNS);
	add_clean(o, "salary", item->salary, MAX_NAME_COLUMNS);
	add_clean(o, "credit", item->credit, MAX_NAME_COLUMNS);
	cJSON_AddStringToObject(o, "age", age ? age : "");
	facts->str[0] = g_ascii_toupper(facts->str[0]);
	add_clean(o, "facts", facts->str, MAX_TITLE_COLUMNS);
}

/* What added to the score, as a list and as one line. */
static void
add_reasons(cJSON *o, const cJSON *reasons)
{
	g_autoptr(GString) why = g_string_new(NULL);
	cJSON *list = cJSON_AddArrayToObject(o, "reasons");
	const cJSON *r;
	guint n = 0;

	cJSON_ArrayForEach (r, reasons) {
		const cJSON *points = cJSON_GetObjectItemCaseSensitive(r, "points");
		const char *what =
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r, "what"));
		g_autofree char *line = clean(what, MAX_TITLE_COLUMNS);
		cJSON *entry;

		if (!*line || !cJSON_IsNumber(points) || points->valuedouble <= 0 || n++ >= MAX_WHY)
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddStringToObject(entry, "what", line);
		cJSON_AddNumberToObject(entry, "points", points->valuedouble);
		cJSON_AddItemToArray(list, entry);
		join(why, "; ", line);
	}
	cJSON_AddStringToObject(o, "why", why->str);
}

static cJSON *
new_item(const jp_digest_item *item, GTimeZone *zone, GDateTime *now)
{
	cJSON *o = cJSON_CreateObject();
	g_autofree char *url = web_url(item->url);
	g_autofree char *age = age_words(zone, now, item);
	g_autofree char *snippet =
	    jp_snippet_make(item->description, item->company, MAX_SNIPPET_COLUMNS);

	add_clean(o, "title", item->title, MAX_TITLE_COLUMNS);
	add_clean(o, "company", item->company, MAX_NAME_COLUMNS);
	add_clean(o, "place", item->place, MAX_PLACE_COLUMNS);
	cJSON_AddStringToObject(o, "snippet", snippet);
	add_clean(o, "search", item->search, MAX_NAME_COLUMNS);
	cJSON_AddNumberToObject(o, "score", item->score);
	cJSON_AddStringToObject(o, "url", url ? url : "");
	add_facts(o, item, age);
	add_reasons(o, item->reasons);
	return o;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static cJSON *
find_group(cJSON *groups, const char *search)
{
	cJSON *g;

	cJSON_ArrayForEach (g, groups) {
		if (strcmp(jp_json_text(g, "search"), search) == 0)
			return g;
	}
	g = cJSON_CreateObject();
	cJSON_AddStringToObject(g, "search", search);
	cJSON_AddArrayToObject(g, "items");
	cJSON_AddItemToArray(groups, g);
	return g;
}

/* A group a search, in the order of their best postings. */
static cJSON *
new_groups(const jp_digest *d, GTimeZone *zone, GDateTime *now)
{
	cJSON *groups = cJSON_CreateArray(), *g;

	for (guint i = 0; i < d->items->len; i++) {
		cJSON *item = new_item(g_ptr_array_index(d->items, i), zone, now);

		g = find_group(groups, jp_json_text(item, "search"));
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(g, "items"), item);
	}
	cJSON_ArrayForEach (g, groups) {
		add_count(
		    g, (guint)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(g, "items")));
	}
	return groups;
}

/* "a", "a" and "b", "a", "b", "c" and 2 more: with the quotes. */
static char *
search_names(const cJSON *groups)
{
	GString *s = g_string_new(NULL);
	int n = cJSON_GetArraySize(groups), i = 0;
	const cJSON *g;

	cJSON_ArrayForEach (g, groups) {
		if (i == MAX_SEARCHES) {
			g_string_append_printf(s, " and %d more", n - i);
			break;
		}
		if (i > 0)
			g_string_append(s, i == n - 1 ? " and " : ", ");
		g_string_append_printf(s, "\"%s\"", jp_json_text(g, "search"));
		i++;
	}
	return g_string_free(s, FALSE);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void
add_site(cJSON *o, const jp_config *conf)
{
	cJSON *site = cJSON_AddObjectToObject(o, "site");
	g_autofree char *contact = jp_address_uri(conf->site.contact);
	g_autofree char *url = web_url(conf->site.url);

	add_clean(site, "name", conf->site.name, MAX_NAME_COLUMNS);
	cJSON_AddStringToObject(site, "url", url ? url : "");
	add_clean(site, "contact", contact ? conf->site.contact : "", JP_MAX_URL);
	cJSON_AddStringToObject(site, "contact_url", contact ? contact : "");
	add_clean(site, "postal_address", conf->site.postal_address, JP_MAX_NAME);
}

static void
add_links(cJSON *o, const jp_config *conf, const jp_digest *d)
{
	g_autofree char *unsubscribe = jp_digest_unsubscribe_url(conf, d);
	g_autofree char *manage = jp_digest_manage_url(conf, d);

	cJSON_AddStringToObject(o, "unsubscribe_url", unsubscribe ? unsubscribe : "");
	cJSON_AddStringToObject(o, "manage_url", manage ? manage : "");
}

/* The best posting as the subject names it. */
static void
add_first(cJSON *o, const jp_digest *d)
{
	const jp_digest_item *item = d->items->len ? g_ptr_array_index(d->items, 0) : NULL;
	g_autofree char *title = clean(item ? item->title : "", MAX_SUBJECT_TITLE);
	g_autofree char *company = clean(item ? item->company : "", MAX_SUBJECT_NAME);
	g_autofree char *heading = g_strconcat(title, *company ? " at " : "", company, NULL);
	cJSON *first = cJSON_AddObjectToObject(o, "first");

	cJSON_AddStringToObject(first, "title", title);
	cJSON_AddStringToObject(first, "company", company);
	cJSON_AddStringToObject(first, "heading", heading);
}

static void
add_dates(cJSON *o, const jp_digest *d, GTimeZone *zone, GDateTime *now)
{
	g_autofree char *date = date_words(now);
	g_autofree char *full = g_strdup_printf("%s, %s", weekday_word(now), date);
	g_autoptr(GDateTime) asked = local_time(zone, d->asked_at);
	g_autofree char *asked_on = d->asked_at > 0 ? date_words(asked) : g_strdup("");

	cJSON_AddStringToObject(o, "date", full);
	cJSON_AddStringToObject(o, "asked_on", asked_on);
}

cJSON *
jp_context_new(const jp_config *conf, const jp_digest *d, GTimeZone *zone)
{
	cJSON *o = cJSON_CreateObject();
	g_autoptr(GDateTime) now = local_time(zone, d->now);
	cJSON *groups = new_groups(d, zone, now);
	g_autofree char *searches = search_names(groups);
	g_autofree char *more = d->n_more ? jobs(d->n_more, "more") : g_strdup("");

	add_site(o, conf);
	add_clean(cJSON_AddObjectToObject(o, "to"), "name", d->to->name, MAX_NAME_COLUMNS);
	add_count(o, d->items->len);
	cJSON_AddNumberToObject(o, "others", d->items->len ? d->items->len - 1 : 0);
	cJSON_AddNumberToObject(o, "n_more", d->n_more);
	cJSON_AddStringToObject(o, "more", more);
	add_first(o, d);
	add_dates(o, d, zone, now);
	add_links(o, conf, d);
	cJSON_AddStringToObject(o, "searches", searches);
	cJSON_AddBoolToObject(o, "several", cJSON_GetArraySize(groups) > 1);
	cJSON_AddItemToObject(o, "groups", groups);
	return o;
}
