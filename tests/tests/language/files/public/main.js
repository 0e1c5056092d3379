console.log("ü");
