/// C programs that the tests trace.
enum TracedSources {
    /// writer FOLDER MODE COUNT: keeps records 1, 2, ... and says `ACK <number>` for each.
    static let writer = #"""
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static const char *folder, *mode; static int count, folderfd;
        static int is(const char *m) { return !strcmp(mode, m); }
        static void record(char *out, int n) {
            memset(out, 'x', 700); out[699] = '\n';
            char head[16]; int l = sprintf(head, "%d:", n); memcpy(out, head, l);
        }
        static void ack(int n) { char t[32]; int l = sprintf(t, "ACK %d\n", n); if (write(1, t, l) != l) exit(2); }
        static void append(const char *file, int from, int step) {
            int fd = openat(folderfd, file, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
            if (fd < 0 || fsync(folderfd)) exit(3);
            char text[700];
            for (int n = from; n <= count; n += step) {
                record(text, n);
                if (write(fd, text, 300) != 300 || write(fd, text + 300, 400) != 400) exit(4);
                if (is("append-early")) ack(n);
                if (fdatasync(fd)) exit(5);
                if (!is("append-early")) ack(n);
            }
        }
        static void replace(void) {
            char text[700], old[32], new[32];
            for (int n = 1; n <= count; n++) {
                record(text, n);
                sprintf(old, "%d.tmp", n); sprintf(new, "%d.record", n);
                int fd = openat(folderfd, old, O_CREAT | O_TRUNC | O_RDWR, 0644);
                if (pwrite(fd, text, 700, 0) != 700 || fdatasync(fd)) exit(5);
                close(fd);
                if (renameat(folderfd, old, folderfd, new)) exit(6);
                if (is("replace") && fsync(folderfd)) exit(7);
                ack(n);
            }
        }
        /* Moves each record to a second file, and removes the first before the second is on disk. */
        static void move(void) {
            char text[700], name[32];
            for (int n = 1; n <= count; n++) {
                record(text, n);
                int fd = openat(folderfd, "first", O_CREAT | O_TRUNC | O_RDWR, 0644);
                if (write(fd, text, 700) != 700 || fsync(fd) || fsync(folderfd)) exit(5);
                close(fd); ack(n);
                sprintf(name, "%d.record", n);
                fd = openat(folderfd, name, O_CREAT | O_RDWR, 0644);
                if (write(fd, text, 700) != 700 || unlinkat(folderfd, "first", 0) || fsync(folderfd)) exit(6);
                fdatasync(fd); close(fd);
            }
        }
        static void *odd(void *unused) { (void)unused; append("odd", 1, 2); return 0; }
        int main(int c, char **v) {
            folder = v[1]; mode = v[2]; count = atoi(v[3]); if (c != 4) return 1;
            folderfd = open(folder, O_RDONLY | O_DIRECTORY);
            if (is("append") || is("append-early")) append("log", 1, 1);
            else if (is("replace") || is("replace-unsynced")) replace();
            else if (is("unlink-early")) move();
            else { pthread_t t; pthread_create(&t, 0, odd, 0); append("even", 2, 2); pthread_join(t, 0); }
            return 0;
        }
        """#

    /// scribbler FOLDER SEED COUNT: random calls of all kinds, by three threads and a child.
    static let scribbler = #"""
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/uio.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static int count;
        struct job { unsigned seed; char folder[16]; };
        static void *scribble(void *given) {
            struct job *job = given; unsigned s = job->seed; char a[64], b[64], data[3000];
            mkdir(job->folder, 0755);
            int top = open(job->folder, O_RDONLY | O_DIRECTORY);
            for (int i = 0; i < count; i++) {
                memset(data, 'a' + rand_r(&s) % 26, sizeof data);
                int size = rand_r(&s) % 3000, at = rand_r(&s) % 5000, fd, other;
                snprintf(a, sizeof a, "%s/%d", job->folder, rand_r(&s) % 5);
                snprintf(b, sizeof b, "%s/%d", job->folder, rand_r(&s) % 5);
                struct iovec parts[2] = {{data, size}, {"end", 3}};
                switch (rand_r(&s) % 16) {
                case 0: fd = open(a, O_RDWR | O_CREAT, 0644); pwrite(fd, data, size, at); close(fd); break;
                case 1: fd = open(a, O_RDWR | O_CREAT | O_TRUNC, 0644); write(fd, data, size); write(fd, "!", 1);
                        close(fd); break;
                case 2: fd = open(a, O_WRONLY | O_APPEND | O_CREAT, 0644); writev(fd, parts, 2); close(fd); break;
                case 3: fd = open(a, O_RDWR); if (fd < 0) break; lseek(fd, at, SEEK_SET); other = dup(fd);
                        write(other, data, size); write(fd, "?", 1); close(fd); close(other); break;
                case 4: fd = open(a, O_RDWR); if (fd < 0) break; other = fcntl(fd, F_DUPFD_CLOEXEC, 40);
                        read(fd, data, 100); write(other, "#", 1); close(fd); close(other); break;
                case 5: truncate(a, at); break;
                case 6: fd = open(a, O_RDWR); if (fd < 0) break; ftruncate(fd, at); fdatasync(fd); close(fd); break;
                case 7: fd = open(a, O_RDWR); if (fd < 0) break; posix_fallocate(fd, at, 1 + size); close(fd); break;
                case 8: rename(a, b); break;
                case 9: unlink(a); break;
                case 10: link(a, b); break;
                case 11: renameat(top, a + strlen(job->folder) + 1, AT_FDCWD, b); fsync(top); break;
                case 12: fd = open(a, O_RDWR); if (fd < 0) break; pwritev(fd, parts, 2, at); unlink(a);
                         write(fd, "gone", 4); close(fd); break;
                case 13: snprintf(b, sizeof b, "%s/inner%d", job->folder, rand_r(&s) % 3); mkdir(b, 0755);
                         strcat(b, "/file"); fd = open(b, O_RDWR | O_CREAT, 0644); pwrite(fd, data, 10, 0); close(fd);
                         break;
                case 14: snprintf(a, sizeof a, "%s/inner%d", job->folder, rand_r(&s) % 3);
                         snprintf(b, sizeof b, "%s/inner%d", job->folder, rand_r(&s) % 3); rename(a, b); break;
                case 15: unlinkat(top, "inner0/file", 0); unlinkat(top, "inner0", AT_REMOVEDIR); break;
                }
            }
            return 0;
        }
        int main(int c, char **v) {
            if (c != 4 || chdir(v[1])) return 1;
            unsigned seed = atoi(v[2]); count = atoi(v[3]);
            struct job jobs[4]; pthread_t threads[3];
            for (int i = 0; i < 4; i++) { jobs[i].seed = seed * 10 + i; sprintf(jobs[i].folder, "job%d", i); }
            for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, scribble, &jobs[i]);
            pid_t child = fork();
            if (!child) { scribble(&jobs[3]); execlp("true", "true", NULL); _exit(1); }
            waitpid(child, 0, 0);
            for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
            return 0;
        }
        """#
}
