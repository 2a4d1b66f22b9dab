/* The program: settings of the machine, signals, and the edges that the commands get. */

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "mentor/app/command.h"

#include "wiring.h"

static atomic_bool stop;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop = true; /* lock-free, so allowed in a handler */
}

/* For commands that settle what they hold; the others just end. A second signal ends those too. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
    struct wiring *wiring = wiring_open();
    struct context context = {
        .edges = wiring_edges(wiring),
        .clock = clock_system(),
        .stop = &stop,
        .catch_signals = catch_signals,
        .version = MENTORD_VERSION,
        .out = stdout,
        .rulebook = access(MENTORD_RULEBOOK_INSTALLED, R_OK) == 0 ? MENTORD_RULEBOOK_INSTALLED
                                                                  : MENTORD_RULEBOOK_SOURCE,
    };
    int code = command_run(&context, argc, argv);
    wiring_close(&wiring);
    return code;
}
