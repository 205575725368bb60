/* A copy of a Rxelon ledger: C2SP tlog-tiles v0.1.0, as `rxelon mirror` writes it. */
#ifndef LEDGER_H
#define LEDGER_H

/* Computes the tree of every entry anew and compares it with the checkpoint; prints what it found. */
int ledger_check(const char *folder);

#endif
