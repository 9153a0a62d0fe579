/*
 * XML from outside by libxml2, without network or entities: a document type declaration ends the
 * parse at once, so nothing can be expanded; libxml2's own limits on depth (256) and on a text
 * (10 MB) stay on.
 */
#include "board/xml.h"

#include <libxml/parserInternals.h>
#include <string.h>

static void
refuse_dtd(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *ctxt = context;

	(void)name, (void)external, (void)system;
	ctxt->_private = ctxt; /* a mark, see jp_xml_read() */
	xmlStopParser(ctxt);
}

static void
say_nothing(void *context, const char *fmt, ...)
{
	(void)context, (void)fmt;
}

static char *
complaint_of(const xmlParserCtxt *ctxt)
{
	const char *message = ctxt->lastError.message;
	g_autofree char *words = jp_listing_excerpt(message ? message : "not well formed");

	return g_strdup_printf("XML line %d: %s", ctxt->lastError.line, words);
}

xmlDoc *
jp_xml_read(const char *body, gsize len, const char *what, char **complaint, GError **error)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
	    XML_PARSE_RECOVER | XML_PARSE_COMPACT | XML_PARSE_NOCDATA;
	xmlParserCtxt *ctxt = len <= (gsize)JP_MAX_BODY ? xmlNewParserCtxt() : NULL;
	xmlDoc *doc = NULL;

	*complaint = NULL;
	if (!ctxt) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "the %s is too long", what);
		return NULL;
	}
	ctxt->sax->internalSubset = refuse_dtd;
	ctxt->sax->error = say_nothing;
	ctxt->sax->warning = say_nothing;
	doc = xmlCtxtReadMemory(ctxt, body, (int)len, NULL, NULL, options);
	if (ctxt->_private) {
		g_clear_pointer(&doc, xmlFreeDoc);
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "the %s declares a document type, which is refused", what);
	} else if (!ctxt->wellFormed)
		*complaint = complaint_of(ctxt);
	if (!doc && !ctxt->_private)
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, *complaint ? *complaint : "no XML");
	xmlFreeParserCtxt(ctxt);
	return doc;
}

gboolean
jp_xml_is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

const xmlNode *
jp_xml_child(const xmlNode *parent, const char *name)
{
	for (const xmlNode *n = parent ? parent->children : NULL; n; n = n->next)
		if (jp_xml_is(n, name))
			return n;
	return NULL;
}

char *
jp_xml_text(const xmlNode *n)
{
	xmlChar *content = n ? xmlNodeGetContent(n) : NULL;
	char *text = content ? g_strstrip(g_strdup((const char *)content)) : NULL;

	xmlFree(content);
	if (text && *text)
		return text;
	g_free(text);
	return NULL;
}
