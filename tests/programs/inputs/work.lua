-- Tables that grow and shrink, strings, coroutines and collections.
local state = 99
local function next_number() state = (state * 1103515245 + 12345) % 2147483648; return state end

local function sum(text)
  local a = 1
  for i = 1, #text do a = (a * 31 + text:byte(i)) % 4294967291 end
  return a
end

local map, size = {}, 0
for i = 1, 300000 do
  local key = "k" .. next_number() % 50000
  if map[key] and i % 3 == 0 then map[key] = nil; size = size - 1
  elseif not map[key] then map[key] = string.rep("v", next_number() % 60); size = size + 1 end
end
local keys = {}
for key in pairs(map) do keys[#keys + 1] = key end
table.sort(keys)
local total = 0
for _, key in ipairs(keys) do total = (total * 7 + sum(key) + #map[key]) % 4294967291 end
print("map", size, #keys, total)

local parts = {}
for i = 1, 100000 do parts[i] = string.format("%06x", next_number() % 16777216) end
local text = table.concat(parts)
print("concat", #text, sum(text), select(2, text:gsub("a%x", "-")))

local routines = {}
for i = 1, 5000 do
  routines[i] = coroutine.wrap(function() local t = {} while true do t[#t + 1] = i; coroutine.yield(#t) end end)
end
local steps = 0
for _ = 1, 5 do for i = 1, #routines do steps = steps + routines[i]() end end
print("coroutines", steps)
routines, map, keys, parts = nil, nil, nil, nil
collectgarbage("collect"); collectgarbage("collect")
print("left over is small", collectgarbage("count") < 8192)
