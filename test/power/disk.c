/* SPDX-License-Identifier: MIT */
/*
 * disk FOLDER SEED UNIT: a file system on FOLDER (FUSE) that keeps only what was synced.
 *
 * It is the simulated disk of the units (simdisk.h), for programs that know nothing of it. To take
 * FOLDER's mount away is to cut the power: what was not synced is lost, kept or torn by the seed,
 * and what is left is mounted on FOLDER again. SIGTERM ends it, and so does the end of its parent.
 *
 * FOLDER/.disk is no file of the disk: see control.h. What goes past the kernel's cache must be
 * whole blocks of UNIT bytes.
 *
 * A file with two names is two to the kernel, so that a lock taken by one name is not seen by the
 * other.
 */
#define FUSE_USE_VERSION 31

#include "../unit/simdisk.h"
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONTROL "/.disk"

static struct simdisk *disk;
static struct fuse *fuse;
static volatile sig_atomic_t stopping;

/* The disk, its clock set. */
static struct os *machine(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	simdisk_set_now(disk, (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
	return simdisk_os(disk);
}

static int handle(const struct fuse_file_info *fi)
{
	return (int)fi->fh;
}

static void tell(const struct os_stat *st, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = st->inode,
		.st_mode = (st->kind == OS_DIRECTORY ? S_IFDIR : S_IFREG) | st->mode,
		.st_nlink = 1,
		.st_uid = st->uid,
		.st_gid = getegid(),
		.st_size = (off_t)st->size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt_t)((st->size + 511) / 512),
		.st_mtim = {st->mtime / 1000000000, st->mtime % 1000000000},
	};
	ret->st_ctim = ret->st_atim = ret->st_mtim;
}

static int disk_getattr(const char *path, struct stat *ret, struct fuse_file_info *fi)
{
	struct os *os = machine();
	struct os_stat st;
	int rc;

	if (strcmp(path, CONTROL) == 0) {
		*ret = (struct stat){.st_mode = S_IFREG | 0600, .st_nlink = 1};
		return 0;
	}
	rc = fi ? os->ops->fstat(os, handle(fi), &st) : os->ops->lstat(os, path, &st);
	if (rc >= 0)
		tell(&st, ret);
	return rc;
}

static int open_as(const char *path, int flags, mode_t mode, struct fuse_file_info *fi)
{
	struct os *os = machine();
	int fd;

	if (strcmp(path, CONTROL) == 0) {
		fi->direct_io = 1;
		return 0;
	}
	fd = os->ops->open(os, path, flags, mode);
	if (fd >= 0)
		fi->fh = (uint64_t)fd;
	return fd < 0 ? fd : 0;
}

static int disk_open(const char *path, struct fuse_file_info *fi)
{
	return open_as(path, fi->flags & (O_ACCMODE | O_TRUNC), 0, fi);
}

static int disk_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	return open_as(path, (fi->flags & (O_ACCMODE | O_TRUNC | O_EXCL)) | O_CREAT, mode & 07777,
		       fi);
}

static int disk_release(const char *path, struct fuse_file_info *fi)
{
	struct os *os = machine();

	(void)path;
	return fi->fh ? os->ops->close(os, handle(fi)) : 0;
}

/* 0 or -errno. */
static int check_direct(const struct fuse_file_info *fi, bool writes, size_t n, off_t at)
{
	return fi->flags & O_DIRECT ? control_direct(writes, n, at) : 0;
}

static int disk_read(const char *path, char *data, size_t n, off_t at, struct fuse_file_info *fi)
{
	struct os *os = machine();
	int rc;

	(void)path;
	if (!fi->fh)
		return control_read(data, n, at);
	rc = check_direct(fi, false, n, at);
	return rc < 0 ? rc : (int)os->ops->pread(os, handle(fi), data, n, (uint64_t)at);
}

static int disk_write(const char *path, const char *data, size_t n, off_t at,
		      struct fuse_file_info *fi)
{
	struct os *os = machine();
	int rc;

	(void)path;
	if (!fi->fh)
		return control_write(data, n);
	rc = check_direct(fi, true, n, at);
	return rc < 0 ? rc : (int)os->ops->pwrite(os, handle(fi), data, n, (uint64_t)at);
}

static int disk_fsync(const char *path, int data_only, struct fuse_file_info *fi)
{
	struct os *os = machine();

	(void)path;
	return data_only ? os->ops->datasync(os, handle(fi)) : os->ops->sync(os, handle(fi));
}

static int disk_fsyncdir(const char *path, int data_only, struct fuse_file_info *fi)
{
	struct os *os = machine();

	(void)data_only;
	(void)fi;
	return path ? os->ops->sync_dir(os, path) : -ENOENT;
}

static int disk_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	struct os *os = machine();
	int fd = fi ? handle(fi) : os->ops->open(os, path, O_WRONLY, 0), rc;

	if (fd < 0)
		return fd;
	rc = os->ops->truncate(os, fd, (uint64_t)size);
	if (!fi)
		os->ops->close(os, fd);
	return rc;
}

static int disk_mkdir(const char *path, mode_t mode)
{
	struct os *os = machine();

	return os->ops->mkdir(os, path, mode & 07777);
}

static int disk_rename(const char *from, const char *to, unsigned flags)
{
	struct os *os = machine();

	return flags ? -EINVAL : os->ops->rename(os, from, to);
}

static int disk_link(const char *from, const char *to)
{
	struct os *os = machine();

	return os->ops->link(os, from, to);
}

static int disk_unlink(const char *path)
{
	struct os *os = machine();

	return os->ops->unlink(os, path);
}

static int disk_rmdir(const char *path)
{
	struct os *os = machine();

	return os->ops->rmdir(os, path);
}

struct listing {
	void *to;
	fuse_fill_dir_t fill;
};

static int list_one(void *arg, const char *name, enum os_kind kind)
{
	struct listing *l = arg;

	(void)kind;
	return l->fill(l->to, name, NULL, 0, 0) ? -ENOMEM : 0;
}

static int disk_readdir(const char *path, void *to, fuse_fill_dir_t fill, off_t at,
			struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	struct os *os = machine();
	struct listing l = {to, fill};

	(void)at;
	(void)fi;
	(void)flags;
	fill(to, ".", NULL, 0, 0);
	fill(to, "..", NULL, 0, 0);
	return os->ops->list(os, path, list_one, &l);
}

/* Times and modes are no part of what is shown. */
static int disk_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *fi)
{
	(void)path;
	(void)times;
	(void)fi;
	return 0;
}

static int disk_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	(void)path;
	(void)mode;
	(void)fi;
	return 0;
}

static void *disk_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
	(void)conn;
	config->use_ino = config->hard_remove = 1;
	config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
	return NULL;
}

static const struct fuse_operations operations = {
	.init = disk_init,
	.getattr = disk_getattr,
	.open = disk_open,
	.create = disk_create,
	.release = disk_release,
	.read = disk_read,
	.write = disk_write,
	.fsync = disk_fsync,
	.fsyncdir = disk_fsyncdir,
	.truncate = disk_truncate,
	.mkdir = disk_mkdir,
	.rename = disk_rename,
	.link = disk_link,
	.unlink = disk_unlink,
	.rmdir = disk_rmdir,
	.readdir = disk_readdir,
	.utimens = disk_utimens,
	.chmod = disk_chmod,
};

static void stop(int number)
{
	(void)number;
	stopping = 1;
	if (fuse)
		fuse_exit(fuse);
}

/* From one mount to its end. */
static int serve(char *name, const char *folder)
{
	char *words[] = {name, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, words);
	int rc;

	fuse = fuse_new(&args, &operations, sizeof operations, NULL);
	rc = fuse ? fuse_mount(fuse, folder) : -1;
	if (rc == 0) {
		fuse_loop(fuse);
		fuse_unmount(fuse);
	}
	if (fuse)
		fuse_destroy(fuse);
	fuse = NULL;
	fuse_opt_free_args(&args);
	return rc;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = stop};
	unsigned long unit = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int rc = 0;

	if (unit == 0) {
		fprintf(stderr, "usage: disk FOLDER SEED UNIT\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	disk = simdisk_new(strtoull(argv[2], NULL, 10));
	control_begin(disk, unit);
	while (rc == 0 && !stopping) {
		simdisk_power_on(disk);
		rc = serve(argv[0], argv[1]);
	}
	simdisk_free(disk);
	return rc == 0 ? 0 : 1;
}
