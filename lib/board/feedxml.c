/*
 * RSS 2.0 and Atom: bytes into items.  Names are compared without their prefixes, since feeds are
 * free with namespaces.  A feed that breaks half-way gives what stood before the break, and says
 * so.
 */
#include "board/xml.h"

#include <string.h>

/* What sy:updatePeriod's words stand for. */
static const struct period {
	const char *word;
	gint64 ms;
} periods[] = {
    {"hourly", JP_HOUR},
    {"daily", JP_DAY},
    {"weekly", 7 * JP_DAY},
};

/* ---- the tree --------------------------------------------------------------------------- */

static char *
node_text(const xmlNode *n)
{
	xmlChar *content = xmlNodeGetContent(n);
	char *text = g_strdup((const char *)content);

	xmlFree(content);
	return text;
}

static char *
attribute(const xmlNode *n, const char *name)
{
	xmlChar *value = xmlGetProp(n, (const xmlChar *)name);
	char *text = g_strdup((const char *)value);

	xmlFree(value);
	return text;
}

/* Sets *to once; later elements of the same meaning do not replace the first. */
static void
take_text(char **to, const xmlNode *n)
{
	g_autofree char *text = g_strstrip(node_text(n));

	if (!*to && *text)
		*to = g_steal_pointer(&text);
}

static void
add_text(GPtrArray *to, const xmlNode *n)
{
	g_autofree char *text = g_strstrip(node_text(n));

	if (*text && to->len < JP_MAX_LOCATIONS)
		g_ptr_array_add(to, g_steal_pointer(&text));
}

/* The format's own element, not media:title or atom:link inside an RSS item. */
static gboolean
is_own(const xmlNode *parent, const xmlNode *n, const char *name)
{
	const xmlChar *ours = parent->ns ? parent->ns->href : NULL;

	return jp_xml_is(n, name) && xmlStrEqual(n->ns ? n->ns->href : NULL, ours);
}

/* ---- items ------------------------------------------------------------------------------ */

/* tt:location and its kin hold parts instead of a text. */
static void
add_place(jp_feed_item *item, const xmlNode *n)
{
	static const char *const parts[] = {"city", "region", "state", "country"};
	g_autoptr(GString) place = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		const xmlNode *part = jp_xml_child(n, parts[i]);
		g_autofree char *text = part ? g_strstrip(node_text(part)) : NULL;

		if (text && *text)
			g_string_append_printf(place, "%s%s", place->len ? ", " : "", text);
	}
	if (place->len > 0 && item->places->len < JP_MAX_LOCATIONS)
		g_ptr_array_add(item->places, g_strdup(place->str));
	else if (place->len == 0)
		add_text(item->places, n);
}

/* Elements that job feeds add to an item; TRUE when n was one. */
static gboolean
read_job_element(jp_feed_item *item, const xmlNode *n)
{
	static const struct field {
		const char *name;
		gsize offset;
	} fields[] = {
	    {"company", G_STRUCT_OFFSET(jp_feed_item, company)},
	    {"company_name", G_STRUCT_OFFSET(jp_feed_item, company)},
	    {"companyName", G_STRUCT_OFFSET(jp_feed_item, company)},
	    {"hiringOrganization", G_STRUCT_OFFSET(jp_feed_item, company)},
	    {"job_type", G_STRUCT_OFFSET(jp_feed_item, employment)},
	    {"jobType", G_STRUCT_OFFSET(jp_feed_item, employment)},
	    {"type", G_STRUCT_OFFSET(jp_feed_item, employment)},
	    {"employmentType", G_STRUCT_OFFSET(jp_feed_item, employment)},
	    {"remoteStatus", G_STRUCT_OFFSET(jp_feed_item, remote)},
	    {"workplaceType", G_STRUCT_OFFSET(jp_feed_item, remote)},
	    {"expires_at", G_STRUCT_OFFSET(jp_feed_item, valid_through)},
	    {"expirationDate", G_STRUCT_OFFSET(jp_feed_item, valid_through)},
	    {"validThrough", G_STRUCT_OFFSET(jp_feed_item, valid_through)},
	};

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (jp_xml_is(n, fields[i].name)) {
			take_text(G_STRUCT_MEMBER_P(item, fields[i].offset), n);
			return TRUE;
		}
	if (jp_xml_is(n, "location") || jp_xml_is(n, "job_location") || jp_xml_is(n, "region")) {
		add_place(item, n);
		return TRUE;
	}
	if (jp_xml_is(n, "locations")) {
		for (const xmlNode *place = n->children; place; place = place->next)
			if (place->type == XML_ELEMENT_NODE)
				add_place(item, place);
		return TRUE;
	}
	return FALSE;
}

static void
read_guid(jp_feed_item *item, const xmlNode *n)
{
	g_autofree char *permalink = attribute(n, "isPermaLink");

	take_text(&item->id, n);
	if (g_strcmp0(permalink, "false") != 0 && item->id && !item->link)
		item->link = jp_listing_url(item->id);
}

/* content:encoded is the whole text, description may be only its beginning. */
static void
read_rss_item(jp_feed_item *item, const xmlNode *node)
{
	const xmlNode *encoded = jp_xml_child(node, "encoded");
	const xmlNode *description = encoded ? encoded : jp_xml_child(node, "description");

	if (description)
		item->html = node_text(description);
	/* before the guid, which stands in for a link that is missing */
	for (const xmlNode *n = node->children; n; n = n->next)
		if (is_own(node, n, "link"))
			take_text(&item->link, n);
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE || read_job_element(item, n))
			continue;
		if (is_own(node, n, "title"))
			take_text(&item->title, n);
		else if (jp_xml_is(n, "guid"))
			read_guid(item, n);
		else if (jp_xml_is(n, "pubDate") || jp_xml_is(n, "date"))
			take_text(&item->published, n);
		else if (jp_xml_is(n, "category") || jp_xml_is(n, "department") ||
		    jp_xml_is(n, "role"))
			add_text(item->categories, n);
		else if (jp_xml_is(n, "author") || jp_xml_is(n, "creator"))
			take_text(&item->author, n);
	}
}

/* type "xhtml" holds markup as elements, the others text or escaped markup. */
static char *
atom_text(const xmlNode *n)
{
	g_autofree char *type = attribute(n, "type");
	xmlBuffer *buffer;
	char *text;

	if (g_strcmp0(type, "text") == 0 || (!type && jp_xml_is(n, "summary"))) {
		g_autofree char *plain = node_text(n);

		return jp_listing_html_from_plain(plain);
	}
	if (g_strcmp0(type, "xhtml") != 0)
		return node_text(n);
	buffer = xmlBufferCreate();
	for (xmlNode *c = n->children; c; c = c->next)
		xmlNodeDump(buffer, n->doc, c, 0, 0);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

static void
read_atom_link(char **to, const xmlNode *n)
{
	g_autofree char *rel = attribute(n, "rel");

	if (!*to && (!rel || strcmp(rel, "alternate") == 0))
		*to = attribute(n, "href");
}

static void
read_atom_category(jp_feed_item *item, const xmlNode *n)
{
	g_autofree char *label = attribute(n, "label");
	char *term = label ? g_steal_pointer(&label) : attribute(n, "term");

	if (term && item->categories->len < JP_MAX_LOCATIONS)
		g_ptr_array_add(item->categories, term);
	else
		g_free(term);
}

static void
read_atom_entry(jp_feed_item *item, const xmlNode *node)
{
	const xmlNode *content = jp_xml_child(node, "content");

	content = content ? content : jp_xml_child(node, "summary");
	if (content)
		item->html = atom_text(content);
	for (const xmlNode *n = node->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE || read_job_element(item, n))
			continue;
		if (is_own(node, n, "title"))
			take_text(&item->title, n);
		else if (is_own(node, n, "id"))
			take_text(&item->id, n);
		else if (is_own(node, n, "link"))
			read_atom_link(&item->link, n);
		else if (jp_xml_is(n, "published"))
			take_text(&item->published, n);
		else if (jp_xml_is(n, "updated"))
			take_text(&item->updated, n);
		else if (jp_xml_is(n, "category"))
			read_atom_category(item, n);
		else if (jp_xml_is(n, "author") && jp_xml_child(n, "name"))
			take_text(&item->author, jp_xml_child(n, "name"));
	}
}

/* ---- the feed --------------------------------------------------------------------------- */

/* <ttl> is in minutes; sy:updatePeriod divided by sy:updateFrequency says the same. */
static gint64
read_ttl(const xmlNode *channel)
{
	const xmlNode *ttl = jp_xml_child(channel, "ttl"),
		      *period = jp_xml_child(channel, "updatePeriod");
	const xmlNode *frequency = jp_xml_child(channel, "updateFrequency");
	g_autofree char *minutes = ttl ? g_strstrip(node_text(ttl)) : NULL;
	g_autofree char *word = period ? g_strstrip(node_text(period)) : NULL;
	g_autofree char *times = frequency ? g_strstrip(node_text(frequency)) : NULL;
	gint64 n;

	if (minutes && jp_int_parse(minutes, 1, 10080, &n))
		return n * JP_MINUTE;
	for (guint i = 0; word && i < G_N_ELEMENTS(periods); i++)
		if (strcmp(periods[i].word, word) == 0)
			return periods[i].ms / (times && jp_int_parse(times, 1, 1000, &n) ? n : 1);
	return 0;
}

static void
read_rss(jp_feed *f, const xmlNode *channel)
{
	if (jp_xml_child(channel, "title"))
		take_text(&f->title, jp_xml_child(channel, "title"));
	for (const xmlNode *n = channel->children; n; n = n->next)
		if (is_own(channel, n, "link"))
			take_text(&f->link, n);
	f->ttl = read_ttl(channel);
	for (const xmlNode *n = channel->children; n; n = n->next) {
		jp_feed_item *item = jp_xml_is(n, "item") ? jp_feed_item_new(f) : NULL;

		if (item)
			read_rss_item(item, n);
	}
}

static void
read_atom(jp_feed *f, const xmlNode *feed)
{
	f->ttl = read_ttl(feed);
	for (const xmlNode *n = feed->children; n; n = n->next) {
		jp_feed_item *item = jp_xml_is(n, "entry") ? jp_feed_item_new(f) : NULL;

		if (item)
			read_atom_entry(item, n);
		else if (jp_xml_is(n, "title"))
			take_text(&f->title, n);
		else if (jp_xml_is(n, "link"))
			read_atom_link(&f->link, n);
	}
}

static gboolean
read_root(jp_feed *f, const xmlNode *root)
{
	const xmlNode *channel = root ? jp_xml_child(root, "channel") : NULL;

	if (root && jp_xml_is(root, "rss") && channel)
		read_rss(f, channel);
	else if (root && jp_xml_is(root, "feed"))
		read_atom(f, root);
	else
		return FALSE;
	return TRUE;
}

/* ---- the parser ------------------------------------------------------------------------- */

gboolean
jp_feedxml_parse(jp_feed *f, const char *body, gsize len, GError **error)
{
	g_autofree char *complaint = NULL;
	xmlDoc *doc = jp_xml_read(body, len, "feed", &complaint, error);
	gboolean ok;

	if (!doc)
		return FALSE;
	ok = read_root(f, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	if (ok && complaint && f->items->len == 0)
		ok = FALSE; /* broken before its first item: no feed */
	if (!ok)
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA,
		    complaint ? complaint : "neither RSS 2.0 nor Atom");
	else if (complaint && !f->broken)
		f->broken = g_steal_pointer(&complaint);
	return ok;
}
