/* The folder of a writable layer (upper.md section 2 of the design): upper/, dead/ with dead/gone; the core makes the rest. */
#ifndef LPMX_LAUNCHER_TREE_H
#define LPMX_LAUNCHER_TREE_H

/* Makes what belongs into an existing folder. 0 or -errno. */
int tree_fill(const char *path);
/* Makes a whole tree on scratch at `path`, from one that an earlier container left untouched if there is such. 0 or -errno. */
int tree_take(const char *path);
/* Where a container keeps volumes without a name: beside its tree, so that no path of theirs looks like one of the tree. */
char *tree_volumes(const char *path);
/* Removes a tree on scratch, or keeps it for another container if nothing was ever written to it. 0 or -errno. */
int tree_give_back(const char *path);

#endif
