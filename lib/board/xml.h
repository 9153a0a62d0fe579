/*
 * XML from outside, for the files of this room that read it (xml.c).
 */
#ifndef JP_BOARD_XML_H
#define JP_BOARD_XML_H

#include <libxml/tree.h>

#include "board/internal.h"

/* The tree, as far as it could be read: when that is not whole, *complaint says why (g_free).
 * NULL and an error when nothing could be read, or when a DTD stands in it.  `what` is a word for
 * messages: "feed".  Free with xmlFreeDoc. */
xmlDoc *
jp_xml_read(const char *body, gsize len, const char *what, char **complaint, GError **error);
/* An element of this name, whatever its prefix. */
gboolean jp_xml_is(const xmlNode *n, const char *name);
/* The first child element of this name; NULL: none, or no parent. */
const xmlNode *jp_xml_child(const xmlNode *parent, const char *name);
/* The text in an element without blanks around; NULL when there is none, or no element; g_free. */
char *jp_xml_text(const xmlNode *n);

#endif
