/*
 * JSON Feed 1 and 1.1: bytes into items.  Some job sites put a schema.org JobPosting under
 * "_jobposting"; it is kept with the item for feed.c.
 */
#include "board/internal.h"

#include <string.h>

static char *
text_at(const cJSON *o, const char *key)
{
	return g_strdup(jp_json_text(o, key));
}

/* authors[] in 1.1, author in 1; the feed's own are not the item's. */
static char *
read_author(const cJSON *o)
{
	const cJSON *first = cJSON_GetArrayItem(jp_json_get(o, "authors"), 0);
	const char *name = jp_json_text(first, "name");

	return g_strdup(name ? name : jp_json_text(o, "author.name"));
}

static char *
read_html(const cJSON *o)
{
	const char *html = jp_json_text(o, "content_html");
	const char *plain = jp_json_text(o, "content_text");

	plain = plain ? plain : jp_json_text(o, "summary");
	if (html)
		return g_strdup(html);
	return plain ? jp_listing_html_from_plain(plain) : NULL;
}

static void
read_item(jp_feed_item *item, const cJSON *o)
{
	const char *link = jp_json_text(o, "url");
	const cJSON *tag;

	item->id = jp_json_id(o, "id");
	item->title = text_at(o, "title");
	item->link = g_strdup(link ? link : jp_json_text(o, "external_url"));
	item->html = read_html(o);
	item->published = text_at(o, "date_published");
	item->updated = text_at(o, "date_modified");
	item->author = read_author(o);
	item->job = jp_json_get(o, "_jobposting");
	cJSON_ArrayForEach (tag, jp_json_get(o, "tags")) {
		if (cJSON_IsString(tag) && item->categories->len < JP_MAX_LOCATIONS)
			g_ptr_array_add(item->categories, g_strdup(tag->valuestring));
	}
}

gboolean
jp_feedjson_parse(jp_feed *f, const char *body, gsize len, GError **error)
{
	const char *version;
	const cJSON *root, *items, *o;

	f->json = jp_json_read(body, len, error);
	root = jp_json_root(f->json);
	if (!root)
		return FALSE;
	version = jp_json_text(root, "version");
	items = jp_json_get(root, "items");
	if (!version || !strstr(version, "jsonfeed.org/version/1") || !cJSON_IsArray(items)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "JSON, but no JSON Feed");
		return FALSE;
	}
	f->title = text_at(root, "title");
	f->link = text_at(root, "home_page_url");
	f->next = text_at(root, "next_url");
	cJSON_ArrayForEach (o, items) {
		jp_feed_item *item = jp_feed_item_new(f);

		if (!item)
			break;
		read_item(item, o);
	}
	return TRUE;
}
