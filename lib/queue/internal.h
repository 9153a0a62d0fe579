/* What the files of the queue share. */
#ifndef JP_QUEUE_INTERNAL_H
#define JP_QUEUE_INTERNAL_H

#include "queue/queue.h"

/* How far a newcomer is put before those who wait, at most: who waits longer is overtaken by none.
 */
#define JP_QUEUE_MAX_LEAD JP_DAY

/* ---- order (add.c); pure ------------------------------------------------------------------- */

/* The turn of a subscriber's task that becomes waiting: after his last, and not before those whose
 * turn is next (JP_NO_TIME: nobody's, none). */
gint64 jp_queue_turn(gint64 now, gint64 first_turn, gint64 last_turn);
static inline gint64
jp_queue_place(gint64 turn, gint64 priority)
{
	return turn - priority * JP_QUEUE_STEP;
}

/* ---- rates (rate.c) -------------------------------------------------------------------------- */

/* How many starts of a part of a type (see the table rate) the quotas leave now; *free_at is when
 * there is more room, if there is less than wanted.  The type's row is locked. */
gint64 jp_rate_room(jp_db *db, const char *type, const char *part, const jp_quotas *quotas,
    gint64 wanted, gint64 now, gint64 *free_at);
/* Notes n starts. */
void jp_rate_note(
    jp_db *db, const char *type, const char *part, const jp_quotas *quotas, gint64 n, gint64 now);

/* ---- adding (add.c) -------------------------------------------------------------------------- */

/* The turn of a subscriber's task in a type, from what waits there now. */
gint64 jp_queue_next_turn(jp_db *db, const char *type, const char *subscriber, gint64 now);

/* ---- changing by hand (change.c, command.c) -------------------------------------------------- */

/* A task that was changed, and what it was before. */
typedef struct jp_queue_named {
	gint64 id;
	jp_task_state state;
} jp_queue_named;

#endif
