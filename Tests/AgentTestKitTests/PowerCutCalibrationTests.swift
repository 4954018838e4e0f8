import AgentTestKit
import Testing

/// The replay against a program whose behaviour is known: SQLite documents which settings keep a commit through a
/// power cut, and which only keep the database sound.
@Suite(.enabled(if: Programs.unavailable == nil, Programs.unavailable), .serialized)
struct PowerCutCalibrationTests {
    private static let keeps: Int32 = 0
    private static let loses: Int32 = 1

    /// `DELETE` with `FULL` does not sync the folder after the journal is removed; `EXTRA` does.
    @Test(arguments: [
        ("WAL", "FULL", keeps), ("WAL", "NORMAL", loses), ("DELETE", "FULL", loses), ("DELETE", "EXTRA", keeps),
    ])
    func `SQLite keeps the commits that its manual says it keeps`(
        journal: String, synchronous: String, expected: Int32
    ) throws {
        let scratch = try Scratch()
        let program = try Programs.compile(Self.source, in: scratch, libraries: ["sqlite3"])
        let run = try Programs.trace(program, ["write", journal, synchronous, "60"], in: scratch)
        #expect(run.code == 0)
        // Shared memory of the WAL index is mapped; SQLite makes it anew after a cut.
        #expect(run.trace.unfollowed.allSatisfy { $0.contains("-shm is mapped") })
        let commits = run.trace.outputLines().map(\.moment)
        #expect(commits.count == 60)

        var check = [program, scratch.path, "check"]
        let cuts = run.trace.powerCuts(80, seed: 5)
        try run.trace.forEachImage(after: cuts) { cut, image in
            let folder = "\(scratch.path)/image\(check.count)"
            try image.write(to: folder)
            check += [folder, "\(commits.count { $0 <= cut.moment })"]
        }
        #expect(Programs.run(check).code == expected)
    }

    /// program FOLDER write JOURNAL SYNCHRONOUS COUNT: commits rows 1, 2, ... and says so.
    /// program FOLDER check (IMAGE COUNT)...: 0 where each image has its rows, 1 where one lacks some, 2 for damage.
    private static let source = #"""
        #include <sqlite3.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static int check(const char *folder, int count) {
            char path[300]; sqlite3 *db; sqlite3_stmt *row; int found = 0;
            snprintf(path, sizeof path, "%s/a.db", folder);
            if (sqlite3_open(path, &db) || sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &row, 0)) return 2;
            if (sqlite3_step(row) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(row, 0), "ok")) return 2;
            sqlite3_finalize(row);
            if (!sqlite3_prepare_v2(db, "SELECT count(*) FROM r", -1, &row, 0)) {
                if (sqlite3_step(row) != SQLITE_ROW) return 2;
                found = sqlite3_column_int(row, 0);
                sqlite3_finalize(row);
            }
            sqlite3_close(db);
            return found < count;
        }
        int main(int c, char **v) {
            char text[300]; sqlite3 *db;
            if (!strcmp(v[2], "check")) {
                int worst = 0;
                for (int i = 3; i + 1 < c; i += 2) { int n = check(v[i], atoi(v[i + 1])); if (n > worst) worst = n; }
                return worst;
            }
            if (chdir(v[1]) || sqlite3_open("a.db", &db)) return 3;
            snprintf(text, sizeof text, "PRAGMA journal_mode=%s;PRAGMA synchronous=%s;PRAGMA wal_autocheckpoint=20;"
                "CREATE TABLE r(seq INTEGER PRIMARY KEY, v BLOB)", v[3], v[4]);
            if (sqlite3_exec(db, text, 0, 0, 0)) return 4;
            for (int i = 0; i < atoi(v[5]); i++) {
                if (sqlite3_exec(db, "INSERT INTO r(v) VALUES(randomblob(1500))", 0, 0, 0)) return 5;
                if (write(1, "ACK\n", 4) != 4) return 6;
            }
            return 0;
        }
        """#
}
