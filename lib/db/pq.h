/*
 * libpq, loaded when the first postgresql:// URL is opened.  It brings OpenSSL, Kerberos and LDAP
 * along, some 4 ms of loading that a site with a file does not pay.
 */
#ifndef JP_DB_PQ_H
#define JP_DB_PQ_H

#include <libpq-fe.h>

#include "base/base.h"

#define JP_PQ_FUNCTIONS(X)                                                                         \
	X(PQbackendPID)                                                                            \
	X(PQclear)                                                                                 \
	X(PQcmdStatus)                                                                             \
	X(PQcmdTuples)                                                                             \
	X(PQconnectPoll)                                                                           \
	X(PQconnectStartParams)                                                                    \
	X(PQconninfoFree)                                                                          \
	X(PQconninfoParse)                                                                         \
	X(PQconsumeInput)                                                                          \
	X(PQenterPipelineMode)                                                                     \
	X(PQerrorMessage)                                                                          \
	X(PQexitPipelineMode)                                                                      \
	X(PQfinish)                                                                                \
	X(PQflush)                                                                                 \
	X(PQftype)                                                                                 \
	X(PQgetResult)                                                                             \
	X(PQgetisnull)                                                                             \
	X(PQgetlength)                                                                             \
	X(PQgetvalue)                                                                              \
	X(PQisBusy)                                                                                \
	X(PQnfields)                                                                               \
	X(PQntuples)                                                                               \
	X(PQpipelineSync)                                                                          \
	X(PQresultErrorField)                                                                      \
	X(PQresultStatus)                                                                          \
	X(PQsendPrepare)                                                                           \
	X(PQsendQuery)                                                                             \
	X(PQsendQueryParams)                                                                       \
	X(PQsendQueryPrepared)                                                                     \
	X(PQsetErrorVerbosity)                                                                     \
	X(PQsetNoticeProcessor)                                                                    \
	X(PQsetSingleRowMode)                                                                      \
	X(PQsetnonblocking)                                                                        \
	X(PQsocket)                                                                                \
	X(PQstatus)

typedef struct jp_pq {
#define JP_PQ_MEMBER(name) __typeof__(name) *name;
	JP_PQ_FUNCTIONS(JP_PQ_MEMBER)
#undef JP_PQ_MEMBER
} jp_pq;

/* The functions, borrowed for ever; NULL with an error that says which package is missing. */
const jp_pq *jp_pq_load(GError **error);

#endif
