-- Drives the server as a plugin would: token, verify with progress, install-url, an error, a cancel, a burst.
local function main()
  local sf_jwt = require("sf_jwt")
  sf_jwt.setup({ cmd = { vim.env.SF_JWT, "serve" } })

  local function await(method, params, on_progress, meanwhile)
    local done, failure, result
    local cancel = sf_jwt.call(method, params, function(e, r) done, failure, result = true, e, r end, on_progress)
    if meanwhile then meanwhile(cancel) end
    assert(vim.wait(20000, function() return done end, 5), method .. " was not answered")
    return failure, result
  end

  local failure, token = await("token", { org = "acme" })
  assert(not failure and token.accessToken:match("^00D"), vim.inspect(failure))

  local heard = {}
  local _, report = await("verify-connection", { org = "acme" }, function(value) table.insert(heard, value.kind) end)
  assert(report.ok and heard[1] == "begin" and heard[#heard] == "end" and #heard == #report.checks + 2, vim.inspect(heard))

  local _, page = await("install-url", { target = "acme.lightning.force.com", appId = "0Ci5e000000bn6b" })
  assert(page.host == "acme.my.salesforce.com")

  local unknown = await("token", { org = "nowhere" })
  assert(unknown.code == 1010 and unknown.data.reason == "unknown-org", vim.inspect(unknown))

  -- a cancelled call: Neovim swallows the answer -32800, so what is seen is that nothing else comes and all goes on
  local cancelled = true
  local cancel = sf_jwt.call("token", { org = "acme", fresh = true }, function(e) cancelled = e and e.code == -32800 end)
  cancel()
  vim.wait(400, function() return false end)
  assert(cancelled, "the cancelled call was answered with a token")

  local hosts = {}
  for n = 1, 500 do
    local target = ("org%d.my.salesforce.com"):format(n)
    sf_jwt.call("install-url", { target = target, appId = "0Ci5e000000bn6b" }, function(_, r) hosts[r.host] = true end)
  end
  assert(vim.wait(20000, function() return vim.tbl_count(hosts) == 500 end, 5), vim.tbl_count(hosts) .. " answers")

  local no = await("shutdown", {})
  assert(not no)
  sf_jwt.stop()
end

local ok, why = pcall(main)
io.stdout:write(ok and "neovim: ok\n" or ("neovim: " .. tostring(why) .. "\n"))
vim.cmd(ok and "qa!" or "cq!")
