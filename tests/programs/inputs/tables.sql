PRAGMA journal_mode = WAL;
PRAGMA cache_size = -4000;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, grp INTEGER, price REAL, note BLOB);
CREATE TABLE sale (id INTEGER PRIMARY KEY, item INTEGER, amount INTEGER, day TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO item SELECT i, printf('item-%05d-%s', (i * 7919) % 30000, hex(i * i)), (i * 31) % 97,
  ((i * 1103515245 + 12345) % 100000) / 100.0, zeroblob(i % 200) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000)
INSERT INTO sale SELECT i, (i * 16807) % 30000 + 1, i % 17, date('2020-01-01', (i % 900) || ' days') FROM n;
COMMIT;
CREATE INDEX item_name ON item (name);
CREATE INDEX item_grp ON item (grp, price);
CREATE INDEX sale_item ON sale (item, day);
ANALYZE;
SELECT grp, count(*), round(sum(price), 2), min(name), max(name) FROM item GROUP BY grp ORDER BY grp;
SELECT i.grp, s.day, sum(s.amount * i.price) AS total FROM sale s JOIN item i ON i.id = s.item
  GROUP BY i.grp, s.day ORDER BY total DESC, 1, 2 LIMIT 50;
SELECT name, rank FROM (SELECT name, rank() OVER (PARTITION BY grp ORDER BY price, id) AS rank FROM item)
  WHERE rank <= 2 ORDER BY name LIMIT 50;
SELECT length(group_concat(name, ',')), count(DISTINCT substr(name, 6, 3)) FROM item;
SELECT json_group_array(json_object('i', id, 'p', price)) FROM (SELECT * FROM item WHERE grp = 5 LIMIT 200);
UPDATE item SET name = name || '-' || upper(name), note = zeroblob(id % 900) WHERE grp % 3 = 0;
DELETE FROM sale WHERE item % 5 = 0;
SELECT count(*), sum(length(name)), sum(length(note)) FROM item;
SELECT count(*), sum(amount) FROM sale;
VACUUM;
PRAGMA integrity_check;
.dump sale
