// capabilities follow the server's flags
$ sf-jwt serve --orgs acme,uat --methods token,orgs --max-frame 65536
>> {"jsonrpc":"2.0","id":1,"method":"initialize"}
<< {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"sf-jwt","version":"<version>"},"protocolVersions":[1],"capabilities":{"methods":["token","orgs","ping","rpc.discover","initialize","shutdown"],"orgs":["acme","uat"],"connections":false,"loopback":false,"commands":false,"maxFrame":65536}}}
