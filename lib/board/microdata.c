/*
 * Microdata (HTML Living Standard, 5.2) of a page's JobPostings as the JSON that JSON-LD would have
 * been: an item is an object with @type, a property's value is its element's (content, href, src,
 * datetime, value, else the text; of a description the markup), a repeated property is a list.
 * libxml2's forgiving tree, without network; depth and number of properties are bounded.
 */
#include "board/internal.h"

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <string.h>

/* Properties of one page: some hundred postings of some twenty. */
#define MAX_PROPERTIES 20000
/* Pages that are read: the tree takes some ten times as much. */
#define MAX_PAGE (8 * JP_MIB)
/* Elements looked at and bytes of values, of one page: items in items are read once more for each
 * of their names, and a description is part of the one that it stands in. */
#define MAX_NODES  500000
#define MAX_VALUES (32 * JP_MIB)
/* References to elements elsewhere: each is looked for in the whole page. */
#define MAX_REFS 100
/* Items in items: a place in a place's address has four. */
#define MAX_ITEM_DEPTH 12

struct reading {
	htmlDocPtr doc;
	guint n_properties, n_nodes, n_refs;
	gsize n_bytes;
};

static gboolean
is_enough(const struct reading *r)
{
	return r->n_properties >= MAX_PROPERTIES || r->n_nodes >= MAX_NODES ||
	    r->n_bytes >= (gsize)MAX_VALUES;
}

static void gather(struct reading *r, xmlNode *node, cJSON *item, guint depth);

/* ---- attributes ----------------------------------------------------------------------------- */

/* g_free; NULL when there is none. */
static char *
attribute(const xmlNode *n, const char *name)
{
	xmlChar *value = xmlGetProp(n, (const xmlChar *)name);
	char *copy = g_strdup((const char *)value);

	xmlFree(value);
	return copy;
}

static gboolean
has(const xmlNode *n, const char *name)
{
	return xmlHasProp(n, (const xmlChar *)name) != NULL;
}

static gboolean
is_named(const xmlNode *n, const char *name)
{
	return strcmp((const char *)n->name, name) == 0;
}

/* ---- values --------------------------------------------------------------------------------- */

static char *
inner_html(struct reading *r, xmlNode *n)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *html;

	for (xmlNode *c = n->children; c; c = c->next)
		htmlNodeDump(buffer, r->doc, c);
	html = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return html;
}

static char *
text_of(const xmlNode *n)
{
	xmlChar *content = xmlNodeGetContent(n);
	g_autofree char *copy = g_strdup((const char *)content);

	xmlFree(content);
	return jp_text_clean(copy, -1, 0, FALSE);
}

/* Properties whose markup is wanted. */
static gboolean
is_prose(const char *property)
{
	static const char *const names[] = {"description", "responsibilities", "qualifications",
	    "skills", "jobBenefits", "educationRequirements", "experienceRequirements",
	    "incentiveCompensation", "workHours"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(property, names[i]) == 0)
			return TRUE;
	return FALSE;
}

/* The attribute that holds an element's value; NULL: its text does. */
static const char *
value_attribute(const xmlNode *n)
{
	static const struct {
		const char *element, *attribute;
	} table[] = {{"a", "href"}, {"area", "href"}, {"link", "href"}, {"img", "src"},
	    {"iframe", "src"}, {"embed", "src"}, {"source", "src"}, {"object", "data"},
	    {"time", "datetime"}, {"data", "value"}, {"meter", "value"}};

	if (has(n, "content"))
		return "content";
	for (guint i = 0; i < G_N_ELEMENTS(table); i++)
		if (is_named(n, table[i].element) && has(n, table[i].attribute))
			return table[i].attribute;
	return NULL;
}

/* A link whose property is a word ("title", "hiringOrganization") shows it as its text. */
static gboolean
is_link_of_text(const xmlNode *n, const char *property)
{
	return is_named(n, "a") && strcmp(property, "url") != 0 &&
	    strcmp(property, "sameAs") != 0 && strcmp(property, "logo") != 0 &&
	    strcmp(property, "image") != 0;
}

static cJSON *
item_new(struct reading *r, xmlNode *n, guint depth)
{
	g_autofree char *type = attribute(n, "itemtype"), *id = attribute(n, "itemid");
	cJSON *item = cJSON_CreateObject();

	if (type)
		cJSON_AddStringToObject(item, "@type", g_strstrip(type));
	if (id)
		cJSON_AddStringToObject(item, "@id", id);
	gather(r, n, item, depth + 1);
	return item;
}

static cJSON *
value_of(struct reading *r, xmlNode *n, const char *property, guint depth)
{
	const char *name = value_attribute(n);
	g_autofree char *value = NULL;

	if (has(n, "itemscope") && depth < MAX_ITEM_DEPTH)
		return item_new(r, n, depth);
	if (name && (strcmp(name, "content") == 0 || !is_link_of_text(n, property)))
		value = attribute(n, name);
	else
		value = is_prose(property) ? inner_html(r, n) : text_of(n);
	r->n_bytes += value ? strlen(value) : 0;
	return cJSON_CreateString(value ? value : "");
}

/* ---- properties ----------------------------------------------------------------------------- */

/* Takes value. */
static void
add_property(cJSON *item, const char *name, cJSON *value)
{
	cJSON *there = cJSON_GetObjectItemCaseSensitive(item, name), *list;

	if (!there) {
		cJSON_AddItemToObject(item, name, value);
	} else if (cJSON_IsArray(there)) {
		cJSON_AddItemToArray(there, value);
	} else {
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(item, there));
		cJSON_AddItemToArray(list, value);
		cJSON_AddItemToObject(item, name, list);
	}
}

static void
read_properties(struct reading *r, xmlNode *n, cJSON *item, guint depth)
{
	g_autofree char *names = attribute(n, "itemprop");
	g_auto(GStrv) each = g_strsplit_set(names, " \t\r\n", 8);

	for (char **name = each; *name && !is_enough(r); name++) {
		/* "@type" and the like are ours */
		if (**name == '\0' || **name == '@')
			continue;
		r->n_properties++;
		add_property(item, *name, value_of(r, n, *name, depth));
	}
}

/* The properties of an item below a node; those of items inside are theirs. */
static void
gather_below(struct reading *r, xmlNode *node, cJSON *item, guint depth)
{
	for (xmlNode *n = node->children; n && !is_enough(r); n = n->next) {
		r->n_nodes++;
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (has(n, "itemprop"))
			read_properties(r, n, item, depth);
		if (!has(n, "itemscope"))
			gather_below(r, n, item, depth);
	}
}

static xmlNode *
by_id(xmlNode *node, const char *id)
{
	for (xmlNode *n = node; n; n = n->next) {
		g_autofree char *its = n->type == XML_ELEMENT_NODE ? attribute(n, "id") : NULL;
		xmlNode *found;

		if (its && strcmp(its, id) == 0)
			return n;
		found = n->type == XML_ELEMENT_NODE ? by_id(n->children, id) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

/* itemref: ids of elements elsewhere whose properties are the item's too. */
static void
gather(struct reading *r, xmlNode *node, cJSON *item, guint depth)
{
	g_autofree char *refs = attribute(node, "itemref");
	g_auto(GStrv) ids = refs ? g_strsplit_set(refs, " \t\r\n", 8) : NULL;

	gather_below(r, node, item, depth);
	for (char **id = ids; id && *id && depth <= 2 && r->n_refs++ < MAX_REFS; id++) {
		xmlNode *there = **id ? by_id(xmlDocGetRootElement(r->doc), *id) : NULL;

		if (there && has(there, "itemprop"))
			read_properties(r, there, item, depth);
		else if (there)
			gather_below(r, there, item, depth);
	}
}

static void
find_jobs(struct reading *r, xmlNode *node, cJSON *jobs)
{
	for (xmlNode *n = node; n; n = n->next) {
		g_autofree char *type = n->type == XML_ELEMENT_NODE && has(n, "itemscope")
		    ? attribute(n, "itemtype")
		    : NULL;

		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (type && strstr(type, "schema.org/JobPosting"))
			cJSON_AddItemToArray(jobs, item_new(r, n, 0));
		else
			find_jobs(r, n->children, jobs);
	}
}

cJSON *
jp_microdata_read(const char *page, gsize len)
{
	const int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
	    HTML_PARSE_NONET | HTML_PARSE_COMPACT;
	cJSON *jobs = cJSON_CreateArray();
	struct reading r = {0};

	if (len > (gsize)MAX_PAGE)
		return jobs;
	r.doc = htmlReadMemory(page, (int)len, NULL, "UTF-8", options);
	if (!r.doc)
		return jobs;
	find_jobs(&r, xmlDocGetRootElement(r.doc), jobs);
	xmlFreeDoc(r.doc);
	return jobs;
}
