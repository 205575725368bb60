/* Blocks of all parts, put together by their hashes. */
#ifndef CHAIN_H
#define CHAIN_H

/* Reads what `check` wrote, below a folder, and prints whether it is one chain. */
int chain_merge(const char *folder);

#endif
