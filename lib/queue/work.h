/* What the files of the supervisor share: types with their handlers, tasks in hand and what became
 * of them, the number of handlers, and what the service manager is told. */
#ifndef JP_QUEUE_WORK_H
#define JP_QUEUE_WORK_H

#include <poll.h>

#include "queue/handler.h"
#include "queue/queue.h"

/* ---- how many handlers (scale.c), pure ------------------------------------------------------- */

typedef struct jp_scale {
	gint64 n;                 /* handlers allowed now */
	double rate;              /* tasks a second of one handler; 0: not known */
	gint64 seen_at, finished; /* since when the rate was last learnt */
	gint64 calm_since, peak;  /* since when fewer would do, and the most needed since */
	gint64 stepped_at, asked_at;
} jp_scale;

/* ms between two steps up: a handler needs some time to show what it does. */
#define JP_SCALE_STEP 250

typedef struct jp_scale_facts {
	gint64 now;      /* ms of a clock that only grows */
	gint64 waiting;  /* tasks that could run */
	gint64 oldest;   /* ms that the first of them has waited */
	gint64 busy;     /* handlers at work */
	gint64 finished; /* tasks since the last step */
} jp_scale_facts;

void jp_scale_init(jp_scale *s, gint64 min, gint64 now);
/* Gives the number of handlers from now on. */
gint64 jp_scale_step(jp_scale *s, gint64 min, gint64 max, const jp_scale_facts *f);

/* ---- the service manager (notify.c) ---------------------------------------------------------- */

/* Sends NAME=VALUE lines, when there is somebody to tell. */
void jp_notify(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void jp_notify_reloading(void);
/* How often (microseconds) WATCHDOG=1 is wanted; 0: never. */
gint64 jp_notify_watchdog_us(void);

/* The key of the task that a type's `every` adds. */
#define JP_WORK_EVERY "every"

/* ---- handlers at work (lane.c, ahead.c, hand.c) ---------------------------------------------- */

typedef struct jp_lane jp_lane;

/* What became of a task, not yet written.  Strings owned. */
typedef struct jp_ending {
	jp_lane *lane;
	gint64 id, lease_no;
	jp_task_outcome outcome;
	gint64 delay, max_attempts; /* RETRY: ms; see jp_task_end */
	gboolean is_every;          /* the task that the type's `every` added */
	char *error, *result;
	guint8 *output;
	gsize output_len;
} jp_ending;
void jp_ending_clear(gpointer ending); /* for g_array_set_clear_func */

/* A handler and the tasks it has in hand. */
typedef struct jp_hand {
	jp_lane *lane;
	jp_handler *handler;
	GPtrArray *tasks; /* of jp_task *, in the order given; owned */
	jp_linebuf lines; /* of batch mode: its answers */
	jp_linebuf said;  /* and what it says on stderr */
	gint64 since_us;  /* the last sign of life: a task given to an idle handler, an answer */
	gint64 kill_us;   /* it was told to end; killed from then on; 0: not told */
	char *why;        /* it was told to end: for the task; NULL: because we end */
	gint64 deaf_us;   /* its stdout is closed: from then on it is of no use; 0: it is not */
	guint n_answers, n_bad, n_said;
	guint pipes;    /* that may be read, JP_HAND_OUT and JP_HAND_ERR: the last poll says */
	gboolean stays; /* speaks the protocol of batch mode */
	gboolean has_answered; /* since the last commit */
	gboolean retiring;     /* gets no more tasks */
} jp_hand;

#define JP_HAND_OUT 1
#define JP_HAND_ERR 2

/* A type that is worked on. */
struct jp_lane {
	jp_queue_type conf; /* a copy of its own, see jp_lane_set */
	GPtrArray *hands;   /* of jp_hand *; owned */
	GQueue ahead;       /* of jp_task *, claimed for the next handler that is done; owned */
	gint64 ahead_us;    /* since when nobody took one of these */
	GArray *endings;    /* of jp_ending; where what became of tasks is put.  Borrowed */
	char **env;         /* of its handlers */
	int keeper;         /* who is told of them */
	jp_scale scale;
	gint64 claim_us;    /* when a claim may bring something */
	gint64 barren_us;   /* a claim brought nothing though tasks wait (limits): not sooner */
	gint64 start_us;    /* a handler died: no other is started before */
	guint n_failures;   /* of handlers in a row, without an answer between */
	double task_us;     /* how long a task takes, lately; 0: not known */
	gint64 deaf_us;     /* nothing was heard from then on, as a commit took its time, */
	gint64 heard_us;    /* until then */
	gint64 finished;    /* tasks since the last step of scale */
	gboolean said_due;  /* the last look saw that tasks wait */
	gboolean was_full;  /* the last claim brought all that was asked: there is more */
	gboolean is_paused; /* found so while something was held ahead */
	gboolean once;      /* claims what its handlers can take, no more */
	gboolean is_over;   /* no longer configured: goes when its handlers did */
	gboolean has_every; /* the task of `every` ended: the next is to be added */
};

/* ---- one of them (hand.c) ---- */

void jp_hand_free(gpointer hand); /* kills it */
/* Appends what became of a task; takes error and result. */
jp_ending *jp_hand_end_task(
    jp_lane *l, const jp_task *task, jp_task_outcome outcome, char *error, char *result);
/* No other handler of the type is started for a while. */
void jp_hand_slow_down(jp_lane *l, gint64 now_us);
/* Asks a handler to end; takes why, NULL because we end. */
void jp_hand_tell_to_end(jp_hand *hand, char *why, gint64 now_us);
/* One reading of each pipe that may be read; TRUE while there may be more. */
gboolean jp_hand_hear(jp_hand *hand, gint64 now_us);
/* Its process is gone: ends what it had in hand. */
void jp_hand_bury(jp_hand *hand, gint64 now_us);
/* Ends one that lets us wait for too long, and kills one that was asked to. */
void jp_hand_check_time(jp_hand *hand, gint64 now_us);

/* ---- what is claimed before a handler is free (ahead.c) ---- */

guint jp_ahead_most(const jp_lane *l); /* tasks that may be held */
/* Learns how long a task takes from one that began at since_us and whose end was heard now. */
void jp_ahead_learn(jp_lane *l, gint64 since_us, gint64 now_us);
void jp_ahead_add(jp_lane *l, jp_task *task, gint64 now_us); /* takes it */
jp_task *jp_ahead_next(jp_lane *l, gint64 now_us);           /* the first, now yours; or NULL */
void jp_ahead_give_back(jp_lane *l, guint n);                /* all but the first n */
void jp_ahead_check_time(jp_lane *l, gint64 now_us);         /* gives back what nobody takes */
gint64 jp_ahead_alarm(const jp_lane *l);                     /* when to do that */
void jp_ahead_lost(jp_lane *l, gint64 id);                   /* its lease is over: forgets it */

/* ---- all of a type (lane.c) ---- */

jp_lane *jp_lane_new(GArray *endings, int keeper);
/* Copies the type, with at most `most` handlers (0: as configured), and the environment. */
void jp_lane_set(jp_lane *l, const jp_queue_type *type, gint64 most, char **env);
void jp_lane_free(gpointer lane); /* kills its handlers */

guint jp_lane_allowed(const jp_lane *l); /* handlers that there may be */
/* Tasks that it could be given now, or hold ahead. */
guint jp_lane_room(const jp_lane *l, gint64 now_us);
guint jp_lane_in_hand(const jp_lane *l); /* tasks, those held ahead too */
guint jp_lane_busy(const jp_lane *l);    /* handlers with a task */
/* Gives what is held ahead to handlers that are free.  What cannot be started and what more is held
 * than may be becomes an ending. */
void jp_lane_feed(jp_lane *l, gint64 now_us);
/* Starts what must always be there and ends what is idle and too much. */
void jp_lane_trim(jp_lane *l, gint64 now_us);
/* Reads answers and writes what waits, where a poll says that it can. */
void jp_lane_hear(jp_lane *l, gint64 now_us);
/* Handlers that ended (if any may have), those that said nothing for too long, and what is held
 * ahead for too long. */
void jp_lane_reap(jp_lane *l, gboolean may_have_ended, gint64 now_us);
/* Tells every handler to end: gently, when it has done what is in hand, or by a signal. */
void jp_lane_stop(jp_lane *l, gboolean gently, gint64 now_us);
/* Appends the leases of all its tasks (jp_task_lease). */
void jp_lane_leases(const jp_lane *l, GArray *leases);
/* A task's lease is over: its handler's work is for nothing, or it is not begun. */
void jp_lane_lost(jp_lane *l, gint64 id, gint64 now_us);
/* Appends what to poll for (struct pollfd), and takes what the poll said of these, from *at on. */
void jp_lane_poll(const jp_lane *l, GArray *fds);
void jp_lane_polled(jp_lane *l, const GArray *fds, guint *at);
/* When something must be looked at even if nothing is heard; G_MAXINT64: never. */
gint64 jp_lane_alarm(const jp_lane *l);

/* ---- a supervisor's state (crew.c) ----------------------------------------------------------- */

typedef struct jp_crew {
	jp_work *w;
	jp_db *db;
	jp_config *conf;    /* the one in force */
	jp_config *first;   /* the one that the database was opened with */
	GPtrArray *lanes;   /* of jp_lane * */
	GArray *endings;    /* of jp_ending */
	GArray *fds;        /* of struct pollfd, used anew each turn */
	char **env;         /* of handlers */
	int signals, watch; /* descriptors; watch -1: there is none */
	jp_keeper keeper;
	sigset_t usual; /* the mask that handlers of signals run under */
	gint64 now_us;
	gint64 poll_us;          /* the next look for tasks of others */
	gint64 renew_us;         /* leases are to be renewed */
	gint64 held_us, held_at; /* until then each has half of its time left, by either clock */
	gint64 every_us, seen_us, notify_us, watchdog_us;
	gint64 end_us;    /* of --for */
	gint64 stop_us;   /* told to end: handlers are asked to from then on; 0: not told */
	double commit_us; /* how long a durable transaction takes, lately */
	double sync_us;   /* and its commit alone, whatever is in it */
	gint64 run;
	gboolean has_claimed; /* of --once */
	gboolean has_asked;   /* handlers to end, at stop_us */
	gboolean child_ended; /* since the last turn */
} jp_crew;

jp_lane *jp_crew_lane(const jp_crew *w, guint i);
jp_lane *jp_crew_find(const jp_crew *w, const char *type); /* or NULL */
guint jp_crew_in_hand(const jp_crew *w);                   /* tasks */
guint jp_crew_n_handlers(const jp_crew *w);
gboolean jp_crew_is_stopping(const jp_crew *w);
/* Has lanes give to their handlers what they hold, if its leases are known to be held. */
void jp_crew_feed(jp_crew *w);
/* Whether the types that were asked for can be worked on. */
gboolean jp_crew_check(const jp_crew *w, GError **error);
/* Makes the lanes those of the configuration in force; types that went end when their handlers
 * did. */
void jp_crew_set(jp_crew *w);

/* ---- commits that answers share (share.c) ---------------------------------------------------- */

/* Until when the first answer since the last commit, of since_us, waits for others. */
gint64 jp_share_until(const jp_crew *w, gint64 since_us);
/* It waits no longer: what is answered from now on is for the next. */
void jp_share_begin(const jp_crew *w);

/* ---- the database (settle.c) ----------------------------------------------------------------- */

/* One transaction: what is over, what is extended, what is next; then gives that to handlers. */
void jp_settle(jp_crew *w);
/* TRUE when there is something to write. */
gboolean jp_settle_is_due(const jp_crew *w);
/* Takes our row for jp-stats away: we end. */
void jp_settle_forget(jp_crew *w);
/* Looks whether others added something, by reading only. */
void jp_settle_look(jp_crew *w);

#endif
